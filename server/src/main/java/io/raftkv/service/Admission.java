package io.raftkv.service;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what is under way: its number and its bytes. Whoever acquired releases once. A share takes
 * its part of a whole, so that one client cannot have all of it. For any thread.
 */
final class Admission {
  private final @Nullable Admission whole;
  private final long countMax;
  private final long bytesMax;
  private final AtomicLong count = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  Admission(long countMax, long bytesMax) {
    this(null, countMax, bytesMax);
  }

  private Admission(@Nullable Admission whole, long countMax, long bytesMax) {
    this.whole = whole;
    this.countMax = countMax;
    this.bytesMax = bytesMax;
  }

  /** One of {@code parts} equal parts: what it holds counts for the whole, too. */
  Admission share(int parts) {
    return new Admission(this, Math.max(1, countMax / parts), Math.max(1, bytesMax / parts));
  }

  /** A part with a bound of its own: what it holds counts for the whole, too. */
  Admission within(long partMax) {
    return new Admission(this, partMax, bytesMax);
  }

  /** Whether one more of this size may begin. If not, nothing was acquired. */
  boolean tryAcquire(long size) {
    boolean hasRoom = count.incrementAndGet() <= countMax & bytes.addAndGet(size) <= bytesMax;
    if (hasRoom && (whole == null || whole.tryAcquire(size))) {
      return true;
    }
    bytes.addAndGet(-size);
    count.decrementAndGet();
    return false;
  }

  /** Acquires beyond the bound, too: for what exists already and cannot be refused any more. */
  void acquire(long size) {
    count.incrementAndGet();
    bytes.addAndGet(size);
    if (whole != null) {
      whole.acquire(size);
    }
  }

  void release(long size) {
    bytes.addAndGet(-size);
    count.decrementAndGet();
    if (whole != null) {
      whole.release(size);
    }
  }

  /** Nothing more may begin, here or in the whole. */
  boolean isUsedUp() {
    return count.get() >= countMax
        || bytes.get() >= bytesMax
        || (whole != null && whole.isUsedUp());
  }

  long count() {
    return count.get();
  }

  long bytes() {
    return bytes.get();
  }
}
