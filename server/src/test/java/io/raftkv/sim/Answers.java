package io.raftkv.sim;

import io.raftkv.raft.node.NodeStatus;
import java.util.Arrays;

/**
 * A member that knows no leader lets no write wait: what it asked of the last one has ended with
 * that, and for the next one it waits an election timeout, and no longer. A read may wait: once it
 * is confirmed, it needs no leader, but what was committed when it was asked.
 */
final class Answers {
  /** One of them is what it waits, by the member's own clock. */
  private static final int TIMEOUTS = 3;

  private static final long NEVER = Long.MAX_VALUE;

  private final World world;

  /** Since when it has known no leader, not paused. */
  private final long[] leaderlessSince;

  Answers(World world) {
    this.world = world;
    leaderlessSince = new long[world.plan.machinesWithSpares()];
    Arrays.fill(leaderlessSince, NEVER);
  }

  void observed(SimMachine machine, NodeStatus now) {
    long since = Math.min(leaderlessSince[machine.machine()], world.scheduler.nowNanos());
    leaderlessSince[machine.machine()] = now.leader().isNone() ? since : NEVER;
  }

  void check() {
    if (world.plan.longTurnChance > 0) {
      return;
    }
    long now = world.scheduler.nowNanos();
    long patience = TIMEOUTS * world.plan.electionNanos();
    for (SimMachine machine : world.machines) {
      SimProcess process = machine.process;
      if (process == null || machine.pausedUntilNanos > now) {
        leaderlessSince[machine.machine()] = NEVER;
      } else if (machine.status != null && machine.status.leader().isNone()) {
        long since = Math.min(leaderlessSince[machine.machine()], now);
        leaderlessSince[machine.machine()] = since;
        if (since < now - patience && process.isWriteWaiting(now - patience)) {
          world.verdict.broken(
              "Answers (promise P6, thesis 3.10)",
              String.format(
                  "member %d has known no leader for %d election timeouts, and a write waits",
                  machine.id().value(), TIMEOUTS));
        }
      }
    }
  }
}
