package io.raftkv.client.impl;

import io.raftkv.proto.v1.RequestId;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A session that is open, as far as is known: numbers the writes, and knows which ones still wait
 * for their answer.
 *
 * <p>The servers keep the answers of a window of writes, and refuse what does not fit:
 *
 * <pre>
 *   answers, by sequence:
 *
 *      forgotten       |  kept, or not there yet   |  not given to a write yet
 *   -------------------|---------------------------|-------------------------->
 *                firstOutstanding                 next
 *                      '------- the window -------'   bounded in number and bytes
 * </pre>
 *
 * <p>One write that waits long keeps the answers of all behind it. So it is the window that is
 * bounded here, not the number of writes under way: whoever does not fit waits for the first.
 *
 * <p>Thread-safe.
 */
final class OpenSession {
  /** What the servers keep for one session at most. */
  static final int ANSWERS_MAX = 10_000;

  static final long ANSWER_BYTES_MAX = 8 << 20;

  private final long id;
  private final long ttlNanos;

  // Guarded by this.
  private long next = 1;
  private long heardNanos;

  /** By their sequences, without a gap. Invariant: the first one is outstanding. */
  private final ArrayDeque<Mark> window = new ArrayDeque<>();

  /** Invariant: the sum over the window. */
  private long windowBytes;

  OpenSession(long id, long ttlNanos) {
    this.id = id;
    this.ttlNanos = ttlNanos;
    this.heardNanos = System.nanoTime();
  }

  /** A write of a session. To be released once its call is over, whatever came of it. */
  static final class Mark {
    private final OpenSession session;
    private final long sequence;
    private final long answerBytesMax;

    /** Guarded by the session. */
    private boolean isReleased;

    private Mark(OpenSession session, long sequence, long answerBytesMax) {
      this.session = session;
      this.sequence = sequence;
      this.answerBytesMax = answerBytesMax;
    }

    OpenSession session() {
      return session;
    }

    /** As it is to be sent now: what is not awaited any more is told anew each time. */
    RequestId requestId() {
      return RequestId.newBuilder()
          .setSessionId(session.id)
          .setSequence(sequence)
          .setFirstOutstanding(session.firstOutstanding())
          .build();
    }
  }

  long id() {
    return id;
  }

  /**
   * Gives a write its number; null if the window has no room for it before another one is released.
   *
   * @param answerBytesMax what the servers may have to keep for it
   */
  synchronized @Nullable Mark mark(long answerBytesMax) {
    boolean hasRoom =
        window.size() < ANSWERS_MAX && windowBytes + answerBytesMax <= ANSWER_BYTES_MAX;
    if (!window.isEmpty() && !hasRoom) {
      return null;
    }
    Mark mark = new Mark(this, next++, answerBytesMax);
    window.add(mark);
    windowBytes += answerBytesMax;
    return mark;
  }

  synchronized long firstOutstanding() {
    Mark first = window.peek();
    return first == null ? next : first.sequence;
  }

  /** From now on the servers may forget the write, and apply no copy of it that arrives late. */
  synchronized void release(Mark mark) {
    mark.isReleased = true;
    Mark first = window.peek();
    while (first != null && first.isReleased) {
      window.remove();
      windowBytes -= first.answerBytesMax;
      first = window.peek();
    }
  }

  /** The servers have answered a request of the session that was sent then, at the earliest. */
  synchronized void heard(long sentNanos) {
    if (sentNanos - heardNanos > 0) {
      heardNanos = sentNanos;
    }
  }

  /** Nanoseconds until it should be heard of again; not above zero: now. */
  synchronized long quietNanos() {
    return heardNanos + ttlNanos / 3 - System.nanoTime();
  }

  long ttlNanos() {
    return ttlNanos;
  }
}
