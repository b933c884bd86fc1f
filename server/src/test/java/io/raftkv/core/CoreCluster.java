package io.raftkv.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.RandomSource;
import io.raftkv.raft.core.SnapshotTransfer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * Some cores and a network between them that delivers in order, at once, or not at all. Members are
 * called n1, n2, ... and have the ids 1, 2, ...
 */
public final class CoreCluster {
  /** Heartbeats every 2 ticks, elections after 10 to 20, snapshots only if asked for. */
  public static final RaftOptions OPTIONS =
      new RaftOptions(
          2, 10, 2, 100, 1 << 20, 8, 1 << 20, 1 << 20, 0, 1 << 20, 1_000_000, 1L << 40, 0, 5);

  private static final int DELIVERIES_MAX = 100_000;

  private final TreeMap<Integer, CoreNode> nodes = new TreeMap<>();
  private final ArrayDeque<Message> network = new ArrayDeque<>();
  private final TreeSet<String> cuts = new TreeSet<>();
  private final List<Message> delivered = new ArrayList<>();
  private final List<Message> delayed = new ArrayList<>();
  private final TreeMap<MemberId, Integer> snapshotsSent = new TreeMap<>();
  private Predicate<Message> isLost = m -> false;
  private Predicate<Message> isDelayed = m -> false;

  public CoreCluster(int size) {
    this(size, OPTIONS, List.of());
  }

  /**
   * @param logs the log of each member after the first entry, which is the configuration; fewer
   *     lists than members: the others start with that entry alone
   */
  public CoreCluster(int size, RaftOptions options, List<List<LogEntry>> logs) {
    // Drawn from the id, so that members with the same luck do not campaign in step for ever.
    this(size, options, logs, number -> bound -> number % bound);
  }

  /**
   * @param luck of each member, by its number
   */
  public CoreCluster(
      int size, RaftOptions options, List<List<LogEntry>> logs, IntFunction<RandomSource> luck) {
    this(size, 0, options, logs, luck);
  }

  private CoreCluster(
      int size,
      int learners,
      RaftOptions options,
      List<List<LogEntry>> logs,
      IntFunction<RandomSource> luck) {
    List<Member> members = new ArrayList<>();
    for (int i = 1; i <= size; i++) {
      members.add(new Member(id(i), "n" + i, "host:" + i, i <= size - learners));
    }
    for (int i = 1; i <= size; i++) {
      List<LogEntry> log = i <= logs.size() ? logs.get(i - 1) : List.of();
      long term = log.isEmpty() ? 1 : log.get(log.size() - 1).term();
      nodes.put(
          i,
          new CoreNode(
              id(i),
              options,
              luck.apply(i),
              Configuration.of(members),
              log,
              new HardState(term, MemberId.NONE)));
    }
  }

  /** The last member is a learner. */
  public static CoreCluster withLearner(int size) {
    return new CoreCluster(size, 1, OPTIONS, List.of(), number -> bound -> number % bound);
  }

  /** A machine that is to become a member: its log is empty. */
  public void addBlank(int number) {
    nodes.put(
        number,
        new CoreNode(
            id(number),
            OPTIONS,
            bound -> number % bound,
            Configuration.EMPTY,
            List.of(),
            HardState.INITIAL));
  }

  public static MemberId id(int number) {
    return new MemberId(number);
  }

  /** A command as tests write it. */
  public static LogEntry entry(long index, long term) {
    return new LogEntry(
        index, term, LogEntry.Kind.COMMAND, 0, ("e" + index).getBytes(StandardCharsets.UTF_8));
  }

  public CoreNode node(int number) {
    CoreNode node = nodes.get(number);
    if (node == null) {
      throw new IllegalArgumentException("no n" + number);
    }
    return node;
  }

  public Iterable<CoreNode> nodes() {
    return nodes.values();
  }

  // --- the network -----------------------------------------------------------------------------

  public void cut(int from, int to) {
    cuts.add(from + ">" + to);
  }

  /** Cuts every link between the two groups, both ways. */
  public void partition(List<Integer> left, List<Integer> right) {
    for (int l : left) {
      for (int r : right) {
        cut(l, r);
        cut(r, l);
      }
    }
  }

  public void heal() {
    cuts.clear();
    isLost = m -> false;
  }

  /** Loses the messages that match, until {@link #heal}. */
  public void lose(Predicate<Message> matching) {
    isLost = matching;
  }

  /** Keeps the messages that match on their way, until {@link #arrive}. */
  public void delay(Predicate<Message> matching) {
    isDelayed = matching;
  }

  /** What was delayed arrives now, in order; links that were cut meanwhile lie behind it. */
  public void arrive() {
    isDelayed = m -> false;
    List<Message> late = List.copyOf(delayed);
    delayed.clear();
    for (Message m : late) {
      handOver(m);
      settle();
    }
  }

  /** Everything that was delivered since the start, in order. */
  public List<Message> delivered() {
    return delivered;
  }

  // --- movement --------------------------------------------------------------------------------

  /** Lets every message arrive and every disk that is not held finish, until nothing moves. */
  public void settle() {
    for (int i = 0; i < DELIVERIES_MAX; i++) {
      boolean isMoving = false;
      for (CoreNode node : nodes.values()) {
        isMoving |= node.pump();
        collect(node);
      }
      Message next = network.pollFirst();
      if (next != null) {
        deliver(next);
      } else if (!isMoving) {
        return;
      }
    }
    throw new AssertionError("the cluster does not come to rest");
  }

  private void collect(CoreNode node) {
    node.takeOutbox().forEach(network::addLast);
    for (SnapshotTransfer transfer : node.takeTransfers()) {
      CoreNode to = node((int) transfer.to().value());
      boolean arrives = to.isUp() && !isCut(node.id, transfer.to());
      snapshotsSent.merge(transfer.to(), 1, Integer::sum);
      if (arrives) {
        to.receiveSnapshot(node.id, transfer.term(), transfer.meta());
      }
      node.core().snapshotSent(transfer, arrives);
    }
  }

  private void deliver(Message m) {
    if (isCut(m.from(), m.to()) || isLost.test(m)) {
      return;
    }
    if (isDelayed.test(m)) {
      delayed.add(m);
    } else {
      handOver(m);
    }
  }

  private void handOver(Message m) {
    CoreNode to = nodes.get((int) m.to().value());
    if (to != null && to.isUp()) {
      delivered.add(m);
      to.core().step(m);
    }
  }

  /** How many snapshots were sent to this member. */
  public int snapshotsSentTo(MemberId member) {
    return snapshotsSent.getOrDefault(member, 0);
  }

  private boolean isCut(MemberId from, MemberId to) {
    return cuts.contains(from.value() + ">" + to.value());
  }

  public void tick(int number, int ticks) {
    for (int i = 0; i < ticks; i++) {
      if (node(number).isUp()) {
        node(number).core().tick();
        settle();
      }
    }
  }

  public void tickAll(int ticks) {
    for (int i = 0; i < ticks; i++) {
      nodes.values().stream().filter(CoreNode::isUp).forEach(node -> node.core().tick());
      settle();
    }
  }

  /** Lets only this member's time pass until it campaigns, and everything settle. */
  public void campaign(int number) {
    long term = node(number).core().term();
    for (int i = 0; i < 4 * OPTIONS.electionTicks(); i++) {
      node(number).core().tick();
      settle();
      if (node(number).core().term() > term || node(number).core().isLeader()) {
        return;
      }
    }
  }

  public void elect(int number) {
    campaign(number);
    if (!node(number).core().isLeader()) {
      throw new AssertionError("n" + number + " was not elected");
    }
  }

  /** Proposes at a leader, without letting anything move. */
  public void propose(int number, String... commands) {
    List<byte[]> bytes = new ArrayList<>();
    for (String command : commands) {
      bytes.add(command.getBytes(StandardCharsets.UTF_8));
    }
    node(number).core().propose(bytes, 0);
  }

  /** The member that leads in the highest term; 0 if none. */
  public int leader() {
    int found = 0;
    long term = 0;
    for (var at : nodes.entrySet()) {
      CoreNode node = at.getValue();
      if (node.isUp() && node.core().isLeader() && node.core().term() > term) {
        found = at.getKey();
        term = node.core().term();
      }
    }
    return found;
  }

  /** A line a member: role, term, last entry, commit and durable index. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    for (var at : nodes.entrySet()) {
      CoreNode node = at.getValue();
      text.append('n').append(at.getKey()).append(' ');
      if (node.isUp()) {
        var core = node.core();
        text.append(
            String.format(
                "%s t%d last=%s commit=%d durable=%d%n",
                core.roleName(),
                core.term(),
                core.lastEntry(),
                core.commitIndex(),
                core.durableIndex()));
      } else {
        text.append(String.format("down%n"));
      }
    }
    return text.toString();
  }
}
