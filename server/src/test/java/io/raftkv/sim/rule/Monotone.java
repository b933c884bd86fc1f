package io.raftkv.sim.rule;

import io.raftkv.raft.node.NodeStatus;
import org.jspecify.annotations.Nullable;

/** Term, commit and applied index never fall while a process runs; the term not even after it. */
public final class Monotone extends Rule {
  public Monotone(Verdict verdict) {
    super(verdict, "figure 2");
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    if (now.term() < node.log().durable().hardState().term()) {
      broken(node, "has term %d, less than on its disk", now.term());
    }
    if (before == null) {
      return;
    }
    rising(node, "term", before.term(), now.term());
    rising(node, "commit index", before.commitIndex(), now.commitIndex());
    rising(node, "applied index", before.appliedIndex(), now.appliedIndex());
    rising(node, "snapshot index", before.snapshotIndex(), now.snapshotIndex());
  }

  private void rising(Observed node, String what, long before, long now) {
    if (now < before) {
      broken(node, "%s falls from %d to %d", what, before, now);
    }
  }
}
