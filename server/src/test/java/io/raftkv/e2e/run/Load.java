package io.raftkv.e2e.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Threads that do one thing again and again, until they are stopped. Used by one thread. */
final class Load implements AutoCloseable {
  /** What a worker does over and over. */
  interface Step {
    /**
     * Once.
     *
     * @param round how often this worker did it before
     */
    void run(int worker, long round);
  }

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean isStopped;

  /** Starts workers 0 to {@code workers} - 1. */
  Load start(String name, int workers, Step step) {
    for (int i = 0; i < workers; i++) {
      int worker = i;
      Thread thread = new Thread(() -> work(worker, step), name + "-" + worker);
      threads.add(thread);
      thread.start();
    }
    return this;
  }

  private void work(int worker, Step step) {
    try {
      for (long round = 0; !isStopped; round++) {
        step.run(worker, round);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  /** Of a worker. */
  static void pause(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }

  /** Waits until all have finished what they are at. */
  void stop() throws InterruptedException {
    isStopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
    Throwable cause = failure.get();
    if (cause != null) {
      throw new AssertionError("a worker failed", cause);
    }
  }

  @Override
  public void close() {
    isStopped = true;
  }
}
