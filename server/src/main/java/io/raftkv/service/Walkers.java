package io.raftkv.service;

import io.raftkv.proto.v1.Reason;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A few threads with a bounded queue, for reads that take too long for a network loop or a lane.
 * For any thread.
 */
final class Walkers implements AutoCloseable {
  private final ThreadPoolExecutor threads;

  Walkers(String name, int threadCount, int queueMax) {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            threadCount,
            threadCount,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queueMax),
            run -> {
              Thread thread = new Thread(run, name + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /** Runs the work if the call still wants it by then; QUEUE_FULL if too much waits already. */
  <T> CompletableFuture<T> run(Call<?> call, Supplier<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            try {
              call.checkWanted();
              call.checkRoomForAnswer();
              done.complete(work.get());
            } catch (RuntimeException e) {
              done.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      done.completeExceptionally(
          Refusal.of(Reason.QUEUE_FULL, "too many long reads are under way on this member"));
    }
    return done;
  }

  /** What waits for a thread. For any thread. */
  int queued() {
    return threads.getQueue().size();
  }

  /** What waits still runs; nothing new does. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
