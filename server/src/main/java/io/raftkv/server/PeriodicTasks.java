package io.raftkv.server;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs short tasks again and again on one thread. A task that fails is logged and runs again. */
final class PeriodicTasks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeriodicTasks.class);

  private static final Duration END_MAX = Duration.ofSeconds(1);

  private final ScheduledExecutorService timer;

  PeriodicTasks(String threadName) {
    timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, threadName);
              thread.setDaemon(true);
              return thread;
            });
  }

  void every(Duration period, Runnable task) {
    var unused =
        timer.scheduleWithFixedDelay(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                LOG.error("a periodic task failed", e);
              }
            },
            0,
            period.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** Waits for the task under way, for a bounded time: an interrupt would close its files. */
  @Override
  public void close() throws InterruptedException {
    timer.shutdown();
    if (!timer.awaitTermination(END_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      LOG.warn("a periodic task is still under way");
    }
  }
}
