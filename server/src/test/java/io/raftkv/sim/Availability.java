package io.raftkv.sim;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.engine.Effect;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whenever a connected majority is well, there is a leader that commits (promise P6), also while
 * others are not: a leader that no quorum answers must make way (thesis 6.2). A new leader that
 * brings a quorum up to its own first entry, perhaps one old entry at a time, is on its way
 * (5.4.2). One that is heard, but whose links are slow, leads as slowly.
 */
final class Availability {
  /** Some more than an election takes: split votes, long turns, candidates with a hung disk. */
  private static final int TIMEOUTS = 6;

  private final World world;
  private long seenCommit;
  private long seenTerm;
  private long seenReached;
  private long aliveNanos;

  Availability(World world) {
    this.world = world;
  }

  void check() {
    long now = world.scheduler.nowNanos();
    boolean isGoingOn = world.truth.commitIndex() != seenCommit || isLedAndDone();
    if (isReplicating() || isLedSlowly() || isGoingOn) {
      seenCommit = world.truth.commitIndex();
      aliveNanos = now;
    }
    long since = now - TIMEOUTS * world.plan.electionNanos();
    if (since < 0 || !world.health.isMajorityWell(since, -1)) {
      return;
    }
    world.effects.saw(Effect.AVAILABILITY_JUDGED);
    if (aliveNanos < since) {
      world.verdict.broken(
          "Availability (promise P6, thesis 6.2)",
          String.format(
              "a majority has been well for %d election timeouts, and nothing was committed",
              TIMEOUTS));
    }
  }

  /** A leader has committed in its term, and there is nothing left to commit. */
  private boolean isLedAndDone() {
    for (SimMachine machine : world.machines) {
      NodeStatus status = machine.status;
      if (status != null
          && status.isLeader()
          && status.commitIndex() == status.lastIndex()
          && status.commitIndex() == world.truth.commitIndex()
          && world.truth.entry(status.commitIndex()).term() == status.term()) {
        return true;
      }
    }
    return false;
  }

  /** A quorum has more of the newest leader's log than when it was looked at last. */
  private boolean isReplicating() {
    SimMachine machine = newestLeader();
    NodeStatus leader = machine == null ? null : machine.status;
    if (leader == null) {
      return false;
    }
    long reached = reachedByQuorum(leader);
    boolean isRising = leader.term() == seenTerm && reached > seenReached;
    seenTerm = leader.term();
    seenReached = reached;
    return isRising;
  }

  private boolean isLedSlowly() {
    SimMachine leader = newestLeader();
    return leader != null
        && world.machines.stream()
            .anyMatch(
                other ->
                    !world.network.isPrompt(leader.machine(), other.machine())
                        || !world.network.isPrompt(other.machine(), leader.machine()));
  }

  private @Nullable SimMachine newestLeader() {
    SimMachine newest = null;
    for (SimMachine machine : world.machines) {
      boolean isNewer = newest == null || machine.term() > newest.term();
      if (machine.isLeader() && isNewer) {
        newest = machine;
      }
    }
    return newest;
  }

  private static long reachedByQuorum(NodeStatus leader) {
    List<MemberId> voters = leader.configuration().voters();
    long[] reached = new long[voters.size()];
    for (int i = 0; i < reached.length; i++) {
      reached[i] = voters.get(i).equals(leader.self()) ? leader.durableIndex() : 0;
      for (NodeStatus.Follower follower : leader.followers()) {
        if (follower.id().equals(voters.get(i))) {
          reached[i] = follower.matchIndex();
        }
      }
    }
    Arrays.sort(reached);
    return reached[(reached.length - 1) / 2];
  }
}
