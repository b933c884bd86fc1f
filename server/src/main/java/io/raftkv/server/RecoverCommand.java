package io.raftkv.server;

import io.raftkv.kv.KvView;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.raft.core.Quorum;
import io.raftkv.storage.DataDir;
import io.raftkv.transport.PeerProbe;
import io.raftkv.transport.PeerProbe.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/**
 * {@code kvd recover}: makes a cluster of this member alone, when the majority of its cluster is
 * gone for good.
 *
 * <p>It is another cluster, with an id of its own: as one of the same cluster it could meet those
 * who come back, through a new member that both sides take for theirs, and one side would overwrite
 * what the other has committed. The new member's disk is a snapshot of everything that the old one
 * had, to its last entry, and an empty log after it in a term of its own. It takes the place of the
 * old one in one step; what was there stays beside it.
 */
@Command(
    name = "recover",
    description = {
      "Makes a cluster of this member alone, when the majority of its cluster is gone for good.",
      "Without --yes it only tells what it would do and what may be lost.",
      "It refuses while enough members answer."
    })
final class RecoverCommand implements Callable<Integer> {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(3);

  @ParentCommand private StoppedMember member;

  @Option(names = "--yes", description = "Do it.")
  private boolean isConfirmed;

  @Override
  public Integer call() throws StartException {
    if (isConfirmed) {
      Optional<Path> kept = DataDir.completeReplacement(member.dataDir());
      if (kept.isPresent()) {
        say("The recovery that was cut short is complete; the old data is in %s", kept.get());
        return ExitCode.OK.code();
      }
    }
    try (DataDir dataDir = member.open()) {
      StoppedState state = new StoppedState(dataDir);
      Member self = survivor(state);
      RecoveryReport report = new RecoveryReport(member.out(), member.dataDir());
      report.state(state, self);
      Map<MemberId, Answer> answers =
          PeerProbe.ask(state.identity().clusterId(), state.others(), ANSWER_MAX);
      report.others(state.others(), answers);
      refuseIfAlive(state, self, answers);
      report.consequences(state, self, LoneCluster.NUMBERS_SKIPPED);
      if (!isConfirmed) {
        say("Nothing was changed. To do it: kvd recover --data-dir %s --yes", member.dataDir());
        return ExitCode.OK.code();
      }
      recover(dataDir, state, self);
      return ExitCode.OK.code();
    }
  }

  private void say(String format, Object... values) {
    member.out().println(Lines.escape(String.format(format, values)));
  }

  /** This member, if it has a vote. */
  private static Member survivor(StoppedState state) throws StartException {
    MemberId id = state.identity().memberId();
    Configuration configuration = state.membership().configuration();
    if (configuration.isVoter(id) && state.self().isPresent()) {
      return state.self().get();
    }
    String voters =
        String.join(
            ", ",
            configuration.members().stream().filter(Member::isVoter).map(Member::name).toList());
    if (voters.isEmpty()) {
      throw StartException.wrong("this member has received nothing of its cluster yet");
    }
    throw StartException.wrong(
        (configuration.contains(id)
                ? "this member is a learner and may lack what was acknowledged"
                : "this member was removed from its cluster")
            + ": recover one that votes ("
            + voters
            + ")");
  }

  /** With this member, those who answer must not be enough to go on as they are. */
  private static void refuseIfAlive(StoppedState state, Member self, Map<MemberId, Answer> answers)
      throws StartException {
    List<String> alive = new ArrayList<>();
    for (Member other : state.others()) {
      if (isThere(answers, other.id())) {
        alive.add(other.name());
      }
    }
    boolean isEnough =
        Quorum.isQuorum(
            state.membership().configuration(), id -> id.equals(self.id()) || isThere(answers, id));
    if (isEnough) {
      throw StartException.wrong(
          alive.isEmpty()
              ? self.name() + " is the only voter and needs nobody else: start it"
              : String.join(", ", alive)
                  + (alive.size() == 1 ? " answers" : " answer")
                  + ", and with "
                  + self.name()
                  + " that is a majority: start "
                  + self.name()
                  + " instead; nothing was changed");
    }
  }

  private static boolean isThere(Map<MemberId, Answer> answers, MemberId id) {
    Answer answer = answers.get(id);
    return answer != null && answer.isThere();
  }

  private void recover(DataDir dataDir, StoppedState state, Member self) {
    LoneCluster cluster =
        new LoneCluster(
            state.membership().configuration().only(self),
            state.last(),
            Math.max(state.hardState().term(), state.last().term()));
    Identity identity = new Identity(LoneCluster.newId(), self.id());
    KvView further = state.store().view().skipping(LoneCluster.NUMBERS_SKIPPED);
    Path kept = dataDir.replace(identity, fresh -> cluster.fill(fresh, further::writeTo));
    say("");
    say(
        "Done: %s is cluster %016x alone, from term %d on.",
        self.name(), identity.clusterId(), cluster.term());
    say("Start it as before; others join with an empty data directory and --join.");
    say("The old data is in %s: delete it when all is well.", kept);
  }
}
