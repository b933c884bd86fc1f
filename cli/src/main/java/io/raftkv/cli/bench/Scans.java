package io.raftkv.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** As many readers as are asked for, each of which reads all keys from the first to the last. */
final class Scans {
  /** After an error: a server that is down is not flooded. */
  private static final long PAUSE_NANOS = 10_000_000;

  private Scans() {}

  /** Runs it to its end: a scan that was begun in time is read to its last key. */
  static Sample run(BenchTarget target, byte[] prefix, int readers, long nanos)
      throws InterruptedException {
    Sample sample = new Sample();
    long endNanos = System.nanoTime() + nanos;
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < readers; i++) {
      Thread thread = new Thread(() -> read(target, prefix, endNanos, sample), "scan-" + i);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    sample.end();
    return sample;
  }

  private static void read(BenchTarget target, byte[] prefix, long endNanos, Sample sample) {
    while (System.nanoTime() - endNanos < 0) {
      long start = System.nanoTime();
      try {
        sample.scanned(target.scan(prefix));
        sample.answered(System.nanoTime() - start);
      } catch (RuntimeException e) {
        sample.failed(target, e);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }
}
