package io.raftkv.sim;

import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.engine.Effect;

/**
 * A leader whose disk takes nothing any more makes way while a majority is well without it: what it
 * keeps in memory for its disk has a limit, and with it what it can commit.
 */
final class HungLeader {
  /** It notices after two, a transfer is given up after one, and it may take another one. */
  private static final int TIMEOUTS = 8;

  private static final class Stuck {
    long term;
    long durableIndex;
    long sinceNanos;
  }

  private final World world;
  private final Stuck[] stuck;

  HungLeader(World world) {
    this.world = world;
    stuck = new Stuck[world.plan.machinesWithSpares()];
    for (int i = 0; i < stuck.length; i++) {
      stuck[i] = new Stuck();
    }
  }

  void check() {
    if (world.plan.longTurnChance > 0) {
      return;
    }
    long now = world.scheduler.nowNanos();
    long since = now - TIMEOUTS * world.plan.electionNanos();
    for (SimMachine machine : world.machines) {
      Stuck is = stuck[machine.machine()];
      NodeStatus status = machine.status;
      if (status == null
          || !machine.isLeader()
          || status.durableIndex() == status.lastIndex()
          || status.durableIndex() != is.durableIndex
          || status.term() != is.term) {
        is.sinceNanos = now;
        is.durableIndex = status == null ? 0 : status.durableIndex();
        is.term = status == null ? 0 : status.term();
      } else if (world.health.isMajorityWellAround(since, machine.place())) {
        world.effects.saw(Effect.HUNG_LEADER_JUDGED);
        if (is.sinceNanos <= since) {
          world.verdict.broken(
              "HungLeader (promise P6)",
              String.format(
                  "the disk of member %d has taken nothing for %d election timeouts, and it leads"
                      + " term %d still",
                  machine.id().value(), TIMEOUTS, is.term));
        }
      }
    }
  }
}
