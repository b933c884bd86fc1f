package io.raftkv.sim.rule;

import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.disk.LogImage;
import org.jspecify.annotations.Nullable;

/** A leader never overwrites or deletes entries of its log (figure 3, 5.3). */
public final class LeaderAppendOnly extends Rule {
  public LeaderAppendOnly(Verdict verdict) {
    super(verdict, "figure 3, 5.3");
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    if (before != null
        && before.isLeader()
        && now.isLeader()
        && before.term() == now.term()
        && now.lastIndex() < before.lastIndex()) {
      broken(node, "leads and its log shrinks from %d to %d", before.lastIndex(), now.lastIndex());
    }
  }

  // What it truncated as a follower may reach the disk while it leads already, but never entries
  // that it took as a leader.
  @Override
  public void truncating(Observed node, long from) {
    NodeStatus status = node.status();
    LogImage log = node.log().live();
    if (status != null && status.isLeader() && log.termAt(log.lastIndex()) == status.term()) {
      broken(node, "leads term %d and deletes its entries from %d on", status.term(), from);
    }
  }
}
