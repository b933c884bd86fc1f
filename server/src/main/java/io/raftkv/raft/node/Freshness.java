package io.raftkv.raft.node;

import java.util.ArrayDeque;

/**
 * When this member last had everything that was committed. A leader that was heard says how far the
 * log is committed; that counts from the moment at which that much is applied here, and with the
 * time at which it was said. Confined to the core lane.
 */
final class Freshness {
  /** What waits to be applied. Of more, the newest is kept, and those in between are not. */
  static final int HEARD_MAX = 64;

  private record Heard(long nanos, long index) {}

  /** Ascending in time and in index. */
  private final ArrayDeque<Heard> heard = new ArrayDeque<>();

  private long atNanos = Long.MIN_VALUE;

  /**
   * At this time, or later, nothing after {@code index} was committed.
   *
   * @param nanos not before those of earlier calls
   */
  void heard(long nanos, long index) {
    while (!heard.isEmpty() && (heard.getLast().index >= index || heard.size() >= HEARD_MAX)) {
      heard.removeLast();
    }
    heard.addLast(new Heard(nanos, index));
  }

  void applied(long index) {
    while (!heard.isEmpty() && heard.getFirst().index <= index) {
      atNanos = heard.removeFirst().nanos;
    }
  }

  /** {@link Long#MIN_VALUE} if never. */
  long atNanos() {
    return atNanos;
  }
}
