package io.raftkv.script;

import io.raftkv.core.CoreCluster;
import io.raftkv.core.CoreNode;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.Member.Standing;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs one script and returns its trace.
 *
 * <pre>
 *   cluster 3 [logs n1=2/1,3/2 n2=2/1 ...] [snapshot=5 [trailing=2]]
 *                               members start with entry 1/1 and these
 *   elect 1 | campaign 1        n1's time passes until it campaigns; elect: and it must win
 *   tick 1 5 | tick all 5       time passes, everything settles after each tick
 *   propose 1 a b               at a leader; a refusal is in the trace
 *   settle                      until nothing moves
 *   cut 1 | 2 3                 both ways; oneway 1 2 only from n1 to n2
 *   heal
 *   hold 1 | release 1 | release 1 one     the disk of n1
 *   crash 1 | restart 1
 *   unreachable 2 1             n2 learns that the connection to n1 broke
 *   transfer 1 2                0: any
 *   read 2                      answers are in the trace
 *   blank 4                     a machine that is no member yet
 *   learner 1 4 | join 1 4      the leader n1 takes n4 in; join: it votes once it has caught up
 *   promote 1 4 | remove 1 4    refusals are in the trace
 *   replace 1 4 3               n4 joins, and takes the vote of n3
 *   lose AppendResponse         messages of that kind are lost; lose nothing: no more
 *   delay VoteResponse 2        messages of that kind, those of n2 or all, stay on their way
 *   arrive                      they arrive, and no more are delayed
 *   logs                        the entries on each disk, as index/term
 *   members                     who votes and who learns, as each member sees it
 *   removed                     who knows that it was removed
 *   votes                       for whom each member voted in its term
 *   reads 2                     the answers that n2 has got
 *   snapshots                   each member's newest one, where its log starts, and how many it was sent
 *   show                        the state now, in the middle of the trace
 * </pre>
 */
final class Script {
  private final StringBuilder trace = new StringBuilder();
  private @Nullable CoreCluster started;
  private long nextReadId = 1;

  static String run(List<String> lines) {
    Script script = new Script();
    for (String line : lines) {
      String command = line.strip();
      if (!command.isEmpty() && !command.startsWith("#")) {
        script.perform(Arrays.asList(command.split("\\s+")));
      }
    }
    return script.trace + script.cluster().describe();
  }

  private CoreCluster cluster() {
    return Objects.requireNonNull(started, "a script starts with: cluster N");
  }

  private void perform(List<String> words) {
    switch (words.get(0)) {
      case "cluster" -> start(words);
      case "elect" -> cluster().elect(number(words, 1));
      case "campaign" -> cluster().campaign(number(words, 1));
      case "tick" -> tick(words);
      case "propose" -> propose(number(words, 1), words.subList(2, words.size()));
      case "settle" -> cluster().settle();
      case "cut" -> cut(words);
      case "oneway" -> cluster().cut(number(words, 1), number(words, 2));
      case "heal" -> cluster().heal();
      case "hold" -> node(words).holdDisk();
      case "release" -> release(words);
      case "crash" -> node(words).crash();
      case "restart" -> node(words).restart();
      case "unreachable" -> node(words).core().unreachable(CoreCluster.id(number(words, 2)));
      case "transfer" -> transfer(number(words, 1), number(words, 2));
      case "read" -> node(words).core().readIndex(nextReadId++);
      case "blank" -> cluster().addBlank(number(words, 1));
      case "learner", "join", "promote", "remove" ->
          change(words.get(0), number(words, 1), number(words, 2));
      case "replace" -> replace(number(words, 1), number(words, 2), number(words, 3));
      case "lose" -> cluster().lose(ofKind(words.get(1)));
      case "delay" -> delay(words);
      case "arrive" -> cluster().arrive();
      case "logs" -> showLogs();
      case "members" -> showMembers();
      case "removed" -> showRemoved();
      case "votes" -> showVotes();
      case "snapshots" -> showSnapshots();
      case "reads" -> showReads(number(words, 1));
      case "show" -> trace.append(cluster().describe()).append(System.lineSeparator());
      default -> throw new IllegalArgumentException("unknown command: " + words);
    }
  }

  private void start(List<String> words) {
    int size = number(words, 1);
    List<List<LogEntry>> logs = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      logs.add(List.of());
    }
    RaftOptions options = CoreCluster.OPTIONS;
    long trailing = trailing(words);
    for (String word : words.subList(2, words.size())) {
      String[] parts = word.split("=");
      if (parts[0].equals("snapshot")) {
        options = options.withSnapshots(Long.parseLong(parts[1]), 1L << 40, trailing);
      } else if (parts[0].startsWith("n")) {
        logs.set(Integer.parseInt(parts[0].substring(1)) - 1, log(parts[1]));
      }
    }
    started = new CoreCluster(size, options, logs);
  }

  private static long trailing(List<String> words) {
    return words.stream()
        .filter(word -> word.startsWith("trailing="))
        .mapToLong(word -> Long.parseLong(word.substring("trailing=".length())))
        .findFirst()
        .orElse(0);
  }

  private static List<LogEntry> log(String text) {
    List<LogEntry> entries = new ArrayList<>();
    for (String id : text.split(",")) {
      String[] parts = id.split("/");
      entries.add(CoreCluster.entry(Long.parseLong(parts[0]), Long.parseLong(parts[1])));
    }
    return entries;
  }

  private void tick(List<String> words) {
    int ticks = number(words, 2);
    if (words.get(1).equals("all")) {
      cluster().tickAll(ticks);
    } else {
      cluster().tick(number(words, 1), ticks);
    }
  }

  private void delay(List<String> words) {
    Predicate<Message> isOfKind = ofKind(words.get(1));
    if (words.size() > 2) {
      MemberId sender = CoreCluster.id(number(words, 2));
      cluster().delay(isOfKind.and(m -> m.from().equals(sender)));
    } else {
      cluster().delay(isOfKind);
    }
  }

  private static Predicate<Message> ofKind(String name) {
    return m -> kind(m).equals(name);
  }

  private static String kind(Message m) {
    boolean isPreVote =
        (m instanceof Message.VoteRequest request && request.isPreVote())
            || (m instanceof Message.VoteResponse response && response.isPreVote());
    return (isPreVote ? "Pre" : "") + m.getClass().getSimpleName();
  }

  private void propose(int leader, List<String> commands) {
    var refusal = cluster().node(leader).core().proposalRefusal();
    if (refusal.isPresent()) {
      trace.append("n").append(leader).append(" refuses: ").append(refusal.get()).append('\n');
    } else {
      cluster().propose(leader, commands.toArray(String[]::new));
    }
  }

  private void cut(List<String> words) {
    int bar = words.indexOf("|");
    cluster()
        .partition(numbers(words.subList(1, bar)), numbers(words.subList(bar + 1, words.size())));
  }

  private void release(List<String> words) {
    if (words.size() > 2) {
      node(words).releaseOne();
    } else {
      node(words).releaseDisk();
    }
  }

  private void transfer(int from, int to) {
    cluster()
        .node(from)
        .core()
        .transferLeadership(CoreCluster.id(to))
        .ifPresent(reason -> trace.append("transfer refused: ").append(reason).append('\n'));
  }

  private void change(String kind, int leader, int number) {
    MembershipChange change =
        switch (kind) {
          case "learner" -> MembershipChange.add(member(number, Standing.LEARNER, MemberId.NONE));
          case "join" -> MembershipChange.add(member(number, Standing.JOINING, MemberId.NONE));
          case "promote" -> MembershipChange.promote(CoreCluster.id(number));
          default -> MembershipChange.remove(CoreCluster.id(number));
        };
    change(kind, leader, number, change);
  }

  private void replace(int leader, int number, int replaced) {
    Member added = member(number, Standing.JOINING, CoreCluster.id(replaced));
    change("replace", leader, replaced, MembershipChange.add(added));
  }

  private void change(String kind, int leader, int number, MembershipChange change) {
    cluster()
        .node(leader)
        .core()
        .changeMembership(change)
        .refusal()
        .ifPresent(
            reason ->
                trace.append(
                    String.format("n%d refuses to %s n%d: %s%n", leader, kind, number, reason)));
  }

  private static Member member(int number, Standing standing, MemberId replaces) {
    return new Member(CoreCluster.id(number), "n" + number, "host:" + number, standing, replaces);
  }

  private void showLogs() {
    nodesUp()
        .forEach(
            node ->
                trace
                    .append("n")
                    .append(node.core().self().value())
                    .append(": ")
                    .append(
                        node.diskEntries().stream()
                            .map(entry -> entry.index() + "/" + entry.term())
                            .collect(Collectors.joining(" ")))
                    .append('\n'));
    trace.append('\n');
  }

  private void showMembers() {
    for (CoreNode node : cluster().nodes()) {
      if (node.isUp()) {
        Configuration seen = node.core().configuration();
        String learners =
            seen.members().stream()
                .filter(member -> !member.isVoter())
                .map(Member::name)
                .collect(Collectors.joining(" "));
        String outgoing =
            seen.outgoingVoters().stream()
                .map(id -> "n" + id.value())
                .collect(Collectors.joining(" "));
        String voters =
            seen.members().stream()
                .filter(Member::isVoter)
                .map(Member::name)
                .collect(Collectors.joining(" "));
        trace.append(
            String.format(
                "n%d: %s vote%s%s%n",
                node.core().self().value(),
                voters.isEmpty() ? "none" : voters,
                outgoing.isEmpty() ? "" : ", and " + outgoing + " until that is committed",
                learners.isEmpty() ? "" : ", " + learners + " learn"));
      }
    }
    trace.append(System.lineSeparator());
  }

  private void showRemoved() {
    String removed =
        nodesUp()
            .filter(node -> node.core().isRemoved())
            .map(node -> "n" + node.core().self().value())
            .collect(Collectors.joining(" "));
    trace.append(removed.isEmpty() ? "nobody" : removed).append(" removed\n\n");
  }

  private void showVotes() {
    nodesUp()
        .forEach(
            node -> {
              var state = node.core().hardState();
              String candidate =
                  state.votedFor().isNone() ? "nobody" : "n" + state.votedFor().value();
              trace.append(
                  String.format(
                      "n%d: t%d for %s%n", node.core().self().value(), state.term(), candidate));
            });
    trace.append(System.lineSeparator());
  }

  private void showSnapshots() {
    nodesUp()
        .forEach(
            node ->
                trace.append(
                    String.format(
                        "n%d: snapshot %d, log from %d, was sent %d%n",
                        node.core().self().value(),
                        node.core().snapshotIndex(),
                        node.core().firstIndex(),
                        cluster().snapshotsSentTo(node.core().self()))));
    trace.append(System.lineSeparator());
  }

  private Stream<CoreNode> nodesUp() {
    return StreamSupport.stream(cluster().nodes().spliterator(), false).filter(CoreNode::isUp);
  }

  private void showReads(int number) {
    var reads = cluster().node(number).reads();
    if (reads.isEmpty()) {
      trace.append("n").append(number).append(" has no answer\n");
    }
    reads.forEach(
        read ->
            trace
                .append("n")
                .append(number)
                .append(" read ")
                .append(read.readId())
                .append(read.isConfirmed() ? " at " + read.index() : " not confirmed")
                .append('\n'));
    reads.clear();
  }

  private CoreNode node(List<String> words) {
    return cluster().node(number(words, 1));
  }

  private static int number(List<String> words, int at) {
    return Integer.parseInt(words.get(at));
  }

  private static List<Integer> numbers(List<String> words) {
    return words.stream().map(Integer::parseInt).toList();
  }
}
