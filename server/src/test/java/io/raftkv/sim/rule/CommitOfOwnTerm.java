package io.raftkv.sim.rule;

import io.raftkv.raft.node.NodeStatus;
import org.jspecify.annotations.Nullable;

/**
 * A leader commits by counting only what it took itself; what its predecessors left is committed by
 * that (5.4.2, figure 8).
 */
public final class CommitOfOwnTerm extends Rule {
  private final Truth truth;

  public CommitOfOwnTerm(Verdict verdict, Truth truth) {
    super(verdict, "5.4.2, figure 8");
    this.truth = truth;
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    if (before != null
        && before.isLeader()
        && now.isLeader()
        && before.term() == now.term()
        && now.commitIndex() > before.commitIndex()
        && now.commitIndex() <= truth.commitIndex()
        && truth.entry(now.commitIndex()).term() != now.term()) {
      broken(node, "leads term %d and commits %s", now.term(), truth.entry(now.commitIndex()));
    }
  }
}
