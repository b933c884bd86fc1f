package io.raftkv.service;

import io.raftkv.raft.node.NodeClock;

/**
 * About the time that a leader would stamp on an entry now: that of the newest entry, and what has
 * passed since it was seen. Late by as much as it is seen late, and never early. Not thread-safe.
 */
final class ClusterTimeEstimate {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final NodeClock clock;
  private long term;
  private long seenMillis;
  private long seenNanos;

  ClusterTimeEstimate(NodeClock clock) {
    this.clock = clock;
  }

  /**
   * Tells, again and again, the term in which this member leads and the time of what it applied.
   */
  void observe(long term, long clusterTimeMillis) {
    // Between two leaderships time stood still, or another leader's clock went on.
    if (term != this.term || clusterTimeMillis != seenMillis) {
      this.term = term;
      seenMillis = clusterTimeMillis;
      seenNanos = clock.nanoTime();
    }
  }

  long millis() {
    return seenMillis + (clock.nanoTime() - seenNanos) / NANOS_PER_MILLI;
  }
}
