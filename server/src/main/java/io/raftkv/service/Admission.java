package io.raftkv.service;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what is under way: requests and their bytes. Whoever acquired releases once, when the work
 * is over, which can be later than the answer. For any thread.
 */
final class Admission {
  private final long requestsMax;
  private final long bytesMax;
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  Admission(long requestsMax, long bytesMax) {
    this.requestsMax = requestsMax;
    this.bytesMax = bytesMax;
  }

  /** Whether one more request of this size may begin. If not, nothing was acquired. */
  boolean tryAcquire(long size) {
    if (requests.incrementAndGet() > requestsMax) {
      requests.decrementAndGet();
      return false;
    }
    if (bytes.addAndGet(size) > bytesMax) {
      release(size);
      return false;
    }
    return true;
  }

  void release(long size) {
    bytes.addAndGet(-size);
    requests.decrementAndGet();
  }

  long requests() {
    return requests.get();
  }

  long bytes() {
    return bytes.get();
  }
}
