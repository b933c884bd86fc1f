package io.raftkv.raft.node;

/**
 * Whether the next leader is expected any moment, because this member hands its office over (Raft
 * thesis 3.10), or has just lost the one that it followed. It takes milliseconds, or an election
 * that begins when the connection breaks; who were refused meanwhile would stay away for longer
 * than that. Confined to the core lane.
 */
final class NextLeader {
  private final long patienceNanos;
  private boolean isAwaited;
  private long untilNanos;

  /**
   * @param patienceNanos for how long it is awaited once the leader is lost, or the office was last
   *     being handed over
   */
  NextLeader(long patienceNanos) {
    this.patienceNanos = patienceNanos;
  }

  /** The office is being handed over now, or falls vacant. */
  void noteOnItsWay(long nowNanos) {
    isAwaited = true;
    untilNanos = nowNanos + patienceNanos;
  }

  /** There is a leader: the next one, or still the old one. */
  void noteThere() {
    isAwaited = false;
  }

  boolean isAwaited(long nowNanos) {
    return isAwaited && nowNanos - untilNanos < 0;
  }
}
