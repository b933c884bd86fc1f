package io.raftkv.cli.bench;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * As many clients as are asked for, each of which sends its next request when the one before was
 * answered, on the thread that brought the answer: no hand-over of the load's own is measured. Who
 * gets an error waits a moment, so that a server which is down is not flooded.
 */
final class ClosedLoop {
  private static final long PAUSE_MILLIS = 10;

  private final Supplier<CompletableFuture<?>> send;
  private final BenchTarget target;
  private final Sample sample;
  private final long endNanos;
  private final CountDownLatch running;
  private final Executor later =
      CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS);

  private ClosedLoop(
      Supplier<CompletableFuture<?>> send,
      BenchTarget target,
      Sample sample,
      int clients,
      long nanos) {
    this.send = send;
    this.target = target;
    this.sample = sample;
    endNanos = System.nanoTime() + nanos;
    running = new CountDownLatch(clients);
  }

  /** Runs it to its end: then every request has its answer. */
  static Sample run(
      Supplier<CompletableFuture<?>> send, BenchTarget target, int clients, long nanos)
      throws InterruptedException {
    Sample sample = new Sample();
    ClosedLoop loop = new ClosedLoop(send, target, sample, clients, nanos);
    for (int i = 0; i < clients; i++) {
      loop.next();
    }
    loop.running.await();
    sample.end();
    return sample;
  }

  private void next() {
    long start = System.nanoTime();
    if (start - endNanos >= 0) {
      running.countDown();
      return;
    }
    send.get()
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                sample.answered(System.nanoTime() - start);
                next();
              } else {
                sample.failed(target, failure);
                later.execute(this::next);
              }
            });
  }
}
