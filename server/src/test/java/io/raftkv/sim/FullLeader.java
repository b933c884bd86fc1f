package io.raftkv.sim;

import io.raftkv.kv.Commands;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.node.NodeStatus;

/**
 * A leader whose disk is full takes nothing that makes the store larger, and makes way while a
 * majority is well and has room without it.
 */
final class FullLeader {
  /** Until the core has heard of it, and what it took before is in the log: a turn or two each. */
  private static final int TAKES_TIMEOUTS = 2;

  /** Some attempts to hand over, each given up after one. */
  private static final int LEADS_TIMEOUTS = 8;

  private static final class Full {
    long term;
    long sinceNanos;

    /** Since when it has not had so much to replicate that handing over takes longer. */
    long idleNanos;

    /** Entries up to this one were looked at. */
    long seenIndex;
  }

  private final World world;
  private final Full[] full;

  FullLeader(World world) {
    this.world = world;
    full = new Full[world.plan.machinesWithSpares()];
    for (int i = 0; i < full.length; i++) {
      full[i] = new Full();
    }
  }

  void check() {
    if (world.plan.longTurnChance > 0) {
      return;
    }
    long now = world.scheduler.nowNanos();
    for (SimMachine machine : world.machines) {
      Full is = full[machine.machine()];
      NodeStatus status = machine.status;
      boolean isFullLeader =
          status != null
              && machine.isLeader()
              && machine.pausedUntilNanos <= now
              && machine.disk.isFull()
              && machine.disk.isPrompt();
      if (!isFullLeader || status.term() != is.term || !machine.disk.isFullSince(is.sinceNanos)) {
        is.term = isFullLeader ? status.term() : 0;
        is.sinceNanos = now;
        is.idleNanos = now;
      } else {
        long nanos = now - is.sinceNanos;
        if (nanos > TAKES_TIMEOUTS * world.plan.electionNanos()) {
          refuses(machine, is);
        }
        if (status.lastIndex() - status.commitIndex() > world.plan.options.appendEntriesMax()) {
          is.idleNanos = now;
        }
        makesWay(machine, is);
      }
      is.seenIndex = machine.log().live().lastIndex();
    }
  }

  private void refuses(SimMachine machine, Full is) {
    var log = machine.log().live();
    for (long index = is.seenIndex + 1; index <= log.lastIndex(); index++) {
      if (!log.holds(index)) {
        continue;
      }
      LogEntry entry = log.entry(index);
      boolean isPut =
          entry.kind() == LogEntry.Kind.COMMAND
              && entry.term() == is.term
              && Commands.isPut(entry.data());
      if (isPut) {
        world.verdict.broken(
            "FullLeader (promise P6)",
            String.format(
                "the disk of member %d has been full for %d election timeouts, and it takes the put"
                    + " at %d",
                machine.id().value(), TAKES_TIMEOUTS, index));
        return;
      }
    }
  }

  private void makesWay(SimMachine machine, Full is) {
    long since = world.scheduler.nowNanos() - LEADS_TIMEOUTS * world.plan.electionNanos();
    if (is.idleNanos <= since && world.health.isMajorityWellAround(since, machine.place())) {
      world.verdict.broken(
          "FullLeader (promise P6)",
          String.format(
              "the disk of member %d has been full for %d election timeouts, and it leads term %d"
                  + " still",
              machine.id().value(), LEADS_TIMEOUTS, is.term));
    }
  }
}
