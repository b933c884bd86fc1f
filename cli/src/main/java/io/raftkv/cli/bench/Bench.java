package io.raftkv.cli.bench;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs a plan. Used by one thread. */
public final class Bench {
  private static final int FILL_IN_FLIGHT = 256;
  private static final int FILL_PROGRESS = 10_000;

  private final BenchPlan plan;
  private final BenchTarget target;
  private final List<Integer> localPorts;
  private final Consumer<String> progress;
  private final Requests requests;

  /**
   * @param localPorts of the servers that are on this machine
   * @param progress told how far it is
   */
  public Bench(
      BenchPlan plan, BenchTarget target, List<Integer> localPorts, Consumer<String> progress) {
    this.plan = plan;
    this.target = target;
    this.localPorts = localPorts;
    this.progress = progress;
    requests = new Requests(target, plan);
  }

  /**
   * Writes every key once, so that what is read is there, and every write replaces a value.
   *
   * @throws FillException at the first write that fails
   */
  public void fill() throws InterruptedException {
    Semaphore places = new Semaphore(FILL_IN_FLIGHT);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    for (int i = 0; i < plan.keys() && failure.get() == null; i++) {
      places.acquire();
      requests
          .fill(i)
          .whenComplete(
              (result, cause) -> {
                if (cause != null) {
                  failure.compareAndSet(null, cause);
                }
                places.release();
              });
      if (i % FILL_PROGRESS == 0) {
        progress.accept("writing keys, " + i + " of " + plan.keys());
      }
    }
    places.acquire(FILL_IN_FLIGHT);
    Throwable cause = failure.get();
    if (cause != null) {
      throw new FillException(target.reason(cause), cause);
    }
  }

  /** The keys could not be written. */
  public static final class FillException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FillException(String reason, Throwable cause) {
      super("the keys could not be written: " + reason, cause);
    }
  }

  public BenchResult run() throws InterruptedException {
    List<BenchResult.Repeat> repeats = new ArrayList<>();
    ServerUse servers = ServerUse.of(localPorts);
    for (int i = 1; i <= plan.repeats(); i++) {
      String which = i + " of " + plan.repeats();
      if (plan.warmup().toNanos() > 0) {
        progress.accept("warming up, " + which);
        measure(plan.warmup().toNanos());
      }
      progress.accept("measuring, " + which);
      Map<Long, ServerUse.Use> before = servers.now();
      Sample sample = measure(plan.duration().toNanos());
      repeats.add(repeat(sample, before, servers.now()));
    }
    return new BenchResult(plan, List.copyOf(repeats));
  }

  private Sample measure(long nanos) throws InterruptedException {
    if (plan.work() == Work.SCAN) {
      byte[] prefix = Requests.PREFIX.getBytes(StandardCharsets.US_ASCII);
      return Scans.run(target, prefix, plan.clients(), nanos);
    }
    return plan.isClosedLoop()
        ? ClosedLoop.run(requests::send, target, plan.clients(), nanos)
        : FixedRate.run(requests::send, target, plan.ratePerSecond(), plan.clients(), nanos);
  }

  private static BenchResult.Repeat repeat(
      Sample sample, Map<Long, ServerUse.Use> before, Map<Long, ServerUse.Use> after) {
    Map<Long, BenchResult.Server> servers = new TreeMap<>();
    after.forEach(
        (pid, use) -> {
          ServerUse.Use earlier = before.get(pid);
          if (earlier != null) {
            double cpu = use.cpuSeconds() - earlier.cpuSeconds();
            servers.put(pid, new BenchResult.Server(cpu, use.residentBytes()));
          }
        });
    return new BenchResult.Repeat(
        sample.operationsPerSecond(),
        sample.megabytesPerSecond(),
        sample.seconds(),
        sample.micros(),
        sample.longestGapNanos(),
        sample.errors(),
        servers);
  }
}
