package io.raftkv.sim;

import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.engine.Effect;

/**
 * Whenever a connected majority is well, there is a leader that commits (promise P6), also while
 * others are not: a leader that no quorum answers must make way (thesis 6.2).
 */
final class Availability {
  /** Some more than an election takes: split votes, long turns, a backlog at one entry a time. */
  private static final int TIMEOUTS = 6;

  private final World world;
  private long seenCommit;
  private long aliveNanos;

  Availability(World world) {
    this.world = world;
  }

  void check() {
    long now = world.scheduler.nowNanos();
    if (world.truth.commitIndex() != seenCommit || isLedAndDone()) {
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
}
