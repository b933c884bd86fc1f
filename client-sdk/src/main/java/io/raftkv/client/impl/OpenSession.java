package io.raftkv.client.impl;

import io.raftkv.proto.v1.RequestId;
import java.util.LinkedHashSet;

/**
 * A session that is open, as far as is known: numbers the writes, and knows which ones still wait
 * for their answer.
 *
 * <p>Thread-safe.
 */
final class OpenSession {
  private final long id;
  private final long ttlNanos;

  // Guarded by this.
  private long next = 1;
  private long heardNanos;

  /** In the order in which they were numbered, so the first one is the lowest. */
  private final LinkedHashSet<Long> outstanding = new LinkedHashSet<>();

  OpenSession(long id, long ttlNanos) {
    this.id = id;
    this.ttlNanos = ttlNanos;
    this.heardNanos = System.nanoTime();
  }

  /** A write of this session. It is released once its call is over, whatever came of it. */
  record Mark(OpenSession session, long sequence) {
    /** As it is to be sent now: what is not awaited any more is told anew each time. */
    RequestId requestId() {
      return RequestId.newBuilder()
          .setSessionId(session.id)
          .setSequence(sequence)
          .setFirstOutstanding(session.firstOutstanding())
          .build();
    }

    /** From now on the servers may forget it, and apply no copy of it that arrives late. */
    void release() {
      session.release(sequence);
    }
  }

  long id() {
    return id;
  }

  synchronized Mark mark() {
    long sequence = next++;
    outstanding.add(sequence);
    return new Mark(this, sequence);
  }

  synchronized long firstOutstanding() {
    return outstanding.isEmpty() ? next : outstanding.iterator().next();
  }

  private synchronized void release(long sequence) {
    outstanding.remove(sequence);
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
