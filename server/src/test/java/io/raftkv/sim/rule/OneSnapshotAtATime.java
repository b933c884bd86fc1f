package io.raftkv.sim.rule;

import io.raftkv.raft.SnapshotMeta;

/**
 * No state is frozen while an earlier one waits to be written: each keeps what the state machine
 * has changed since (design law 11).
 */
public final class OneSnapshotAtATime extends Rule {
  private final boolean[] isOneWaiting;

  public OneSnapshotAtATime(Verdict verdict, int machines) {
    super(verdict, "design law 11");
    isOneWaiting = new boolean[machines];
  }

  @Override
  public void started(Observed node) {
    isOneWaiting[node.machine()] = false;
  }

  @Override
  public void freezing(Observed node, long appliedIndex) {
    if (isOneWaiting[node.machine()]) {
      broken(node, "freezes its state at %d while an earlier one waits", appliedIndex);
    }
    isOneWaiting[node.machine()] = true;
  }

  @Override
  public void creatingSnapshot(Observed node, SnapshotMeta meta) {
    isOneWaiting[node.machine()] = false;
  }
}
