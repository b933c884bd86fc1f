package io.raftkv.sim.rule;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.node.NodeStatus;
import org.jspecify.annotations.Nullable;

/**
 * What lies within what: snapshot, applied, commit, last; durable only what is on the disk (design
 * laws 2 and 5; section 7 of the paper).
 */
public final class Bounds extends Rule {
  private final Truth truth;

  public Bounds(Verdict verdict, Truth truth) {
    super(verdict, "section 7, design laws 2 and 5");
    this.truth = truth;
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    within(node, "applied", now.appliedIndex(), "commit index", now.commitIndex());
    within(node, "snapshot", now.snapshotIndex(), "commit index", now.commitIndex());
    within(node, "durable", now.durableIndex(), "last index", now.lastIndex());
    within(node, "commit", now.commitIndex(), "last index", now.lastIndex());
    long onDisk = Math.max(node.log().durable().lastIndex(), node.snapshots().latest().index());
    within(node, "durable index", now.durableIndex(), "end of what is on the disk", onDisk);
  }

  @Override
  public void completingSnapshot(Observed node, SnapshotMeta meta, boolean isReceived) {
    long index = meta.index();
    long durable = node.log().durable().lastIndex();
    if (!isReceived && index > durable) {
      broken(node, "makes a snapshot of %d, its disk ends at %d", index, durable);
    }
    if (index > truth.commitIndex()) {
      broken(node, "makes a snapshot of %d, which is not committed", index);
    } else if (truth.entry(index).term() != meta.last().term()) {
      broken(node, "labels a snapshot %s; there is %s", meta.last(), truth.entry(index));
    }
  }

  @Override
  public void compacting(Observed node, EntryId last) {
    within(node, "end of the cut log", last.index(), "snapshot", node.snapshots().latest().index());
  }

  @Override
  public void resetting(Observed node, EntryId last) {
    compacting(node, last);
  }

  private void within(Observed node, String what, long index, String limit, long limitIndex) {
    if (index > limitIndex) {
      broken(node, "%s %d is beyond %s %d", what, index, limit, limitIndex);
    }
  }
}
