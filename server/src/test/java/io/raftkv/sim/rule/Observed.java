package io.raftkv.sim.rule;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.disk.LogModel;
import io.raftkv.sim.disk.SnapshotModel;
import org.jspecify.annotations.Nullable;

/** A machine and the process on it, as rules see them. */
public interface Observed {
  /** From 0 on. */
  int machine();

  default MemberId id() {
    return new MemberId(machine() + 1);
  }

  /** After the latest turn of the process that runs; null if it had none or none runs. */
  @Nullable NodeStatus status();

  LogModel log();

  SnapshotModel snapshots();
}
