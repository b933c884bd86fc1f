package io.raftkv.sim.rule;

import io.raftkv.raft.node.NodeStatus;
import org.jspecify.annotations.Nullable;

/**
 * The time that the state machine goes by never goes back, whatever the clocks of leaders do
 * (design section 7): what expired stays expired.
 */
public final class ClusterTime extends Rule {
  private final Truth truth;
  private long latestMillis;

  public ClusterTime(Verdict verdict, Truth truth) {
    super(verdict, "design section 7");
    this.truth = truth;
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    long millis = truth.clusterTimeMillis();
    if (millis < latestMillis) {
      broken(node, "cluster time goes back by %d ms", latestMillis - millis);
    }
    latestMillis = millis;
  }
}
