package io.raftkv.cli.bench;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * So many requests a second, whatever becomes of them: each has its moment, and its time counts
 * from there, also while it could not be sent because too many others were under way. A server that
 * stands still for a second so shows in all the requests of that second, not in one ("coordinated
 * omission", as Gil Tene calls what a closed loop does).
 */
final class FixedRate {
  private FixedRate() {}

  /**
   * Runs it to its end. What could not be sent by then counts as an error, NOT_SENT, and with the
   * time that it has waited.
   *
   * @param inFlightMax requests under way
   */
  static Sample run(
      Supplier<CompletableFuture<?>> send,
      BenchTarget target,
      double perSecond,
      int inFlightMax,
      long nanos)
      throws InterruptedException {
    Sample sample = new Sample();
    Semaphore places = new Semaphore(inFlightMax);
    double interval = 1e9 / perSecond;
    long start = System.nanoTime();
    long count = (long) (nanos / interval);
    for (long i = 0; i < count; i++) {
      long dueNanos = start + (long) (i * interval);
      await(dueNanos);
      long leftNanos = Math.max(0, start + nanos - System.nanoTime());
      if (!places.tryAcquire(leftNanos, TimeUnit.NANOSECONDS)) {
        sample.notSent(System.nanoTime() - dueNanos);
        continue;
      }
      send.get()
          .whenComplete(
              (result, failure) -> {
                if (failure == null) {
                  sample.answered(System.nanoTime() - dueNanos);
                } else {
                  sample.failed(target, failure);
                }
                places.release();
              });
    }
    places.acquire(inFlightMax);
    sample.end();
    return sample;
  }

  /** The kernel wakes up some 50 µs late, which would count as the server's. */
  private static void await(long dueNanos) {
    long left = dueNanos - System.nanoTime();
    while (left > 0) {
      if (left > 100_000) {
        LockSupport.parkNanos(left - 60_000);
      } else {
        Thread.onSpinWait();
      }
      left = dueNanos - System.nanoTime();
    }
  }
}
