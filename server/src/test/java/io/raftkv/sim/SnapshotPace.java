package io.raftkv.sim;

import io.raftkv.raft.node.NodeStatus;
import org.jspecify.annotations.Nullable;

/**
 * A member whose disk is well takes snapshots as often as it was told to, whatever became of
 * earlier ones: its log grows without end otherwise (section 7 of the paper).
 */
final class SnapshotPace {
  /** The lane of snapshots has the slowest turns. */
  private static final int TIMEOUTS = 8;

  private static final class Pace {
    @Nullable SimProcess process;
    long snapshotIndex;

    /** How far it was when it was first seen well with that snapshot. */
    long fromIndex;

    /** Since when one is overdue. */
    long sinceNanos;
  }

  private final World world;
  private final Pace[] paces;

  SnapshotPace(World world) {
    this.world = world;
    paces = new Pace[world.plan.machinesWithSpares()];
    for (int i = 0; i < paces.length; i++) {
      paces[i] = new Pace();
    }
  }

  void check() {
    // Where the size of the last one matters, too, it cannot be told from outside.
    if (world.plan.options.snapshotLogPercent() > 0) {
      return;
    }
    long now = world.scheduler.nowNanos();
    long patience = TIMEOUTS * world.plan.electionNanos();
    for (SimMachine machine : world.machines) {
      Pace is = paces[machine.machine()];
      NodeStatus status = machine.status;
      boolean isWell =
          status != null
              && machine.pausedUntilNanos <= now
              && machine.disk.isPrompt()
              && !machine.disk.isFull()
              && !machine.isRotten;
      if (!isWell || is.process != machine.process || is.snapshotIndex != status.snapshotIndex()) {
        is.process = isWell ? machine.process : null;
        is.snapshotIndex = status == null ? 0 : status.snapshotIndex();
        // One that was received may be ahead of what is applied.
        is.fromIndex = status == null ? 0 : Math.max(status.appliedIndex(), status.snapshotIndex());
        is.sinceNanos = now;
      } else if (!isOverdue(is, status)) {
        is.sinceNanos = now;
      } else if (is.sinceNanos < now - patience) {
        world.verdict.broken(
            "SnapshotPace (section 7)",
            String.format(
                "member %d has applied %d, and its snapshot is of %d; there is to be one every %d"
                    + " entries",
                machine.id().value(),
                status.appliedIndex(),
                is.snapshotIndex,
                world.plan.options.snapshotEntries()));
      }
    }
  }

  /** One may have failed just before; the next one comes after as many entries again. */
  private boolean isOverdue(Pace is, NodeStatus status) {
    return status.appliedIndex() - is.fromIndex > 2 * world.plan.options.snapshotEntries();
  }
}
