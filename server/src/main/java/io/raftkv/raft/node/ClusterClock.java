package io.raftkv.raft.node;

/**
 * What a leader stamps on entries: cluster time, which goes on from the entry before at the pace of
 * the leader's monotone clock (as in LogCabin). A wall clock that jumps, on whichever member,
 * neither ages keys by the jump nor stops their time until the others have caught up. Cluster time
 * stands still while nobody leads, so it falls behind the wall clock.
 *
 * <p>Confined to the core lane.
 */
final class ClusterClock {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final NodeClock clock;

  /** Of the leadership whose time this is; 0: none yet. */
  private long term;

  private long baseMillis;
  private long baseNanos;

  ClusterClock(NodeClock clock) {
    this.clock = clock;
  }

  /**
   * Tells, every turn, that this member leads.
   *
   * @param lastEntryMillis time of the newest entry, be it in the log or in a snapshot; 0 if there
   *     never was one, when the wall clock begins
   */
  void lead(long term, long lastEntryMillis) {
    if (term != this.term) {
      this.term = term;
      baseMillis = lastEntryMillis > 0 ? lastEntryMillis : Math.max(0, clock.wallMillis());
      baseNanos = clock.nanoTime();
    }
  }

  long millis() {
    return baseMillis + (clock.nanoTime() - baseNanos) / NANOS_PER_MILLI;
  }
}
