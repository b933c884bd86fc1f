package io.raftkv.sim.rule;

import io.raftkv.raft.node.NodeStatus;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Election safety: at most one leader in a term (figure 3, 5.2). */
public final class OneLeaderPerTerm extends Rule {
  private final Map<Long, Integer> leaders = new HashMap<>();

  public OneLeaderPerTerm(Verdict verdict) {
    super(verdict, "figure 3, 5.2");
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    if (!now.isLeader() || (before != null && before.isLeader() && before.term() == now.term())) {
      return;
    }
    Integer other = leaders.put(now.term(), node.machine());
    if (other != null) {
      broken(node, "leads term %d, as member %d did before", now.term(), other + 1);
    }
  }
}
