package io.raftkv.sim;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Runs worlds: one, or many side by side. */
public final class SimulationRunner {
  /** What a seed came to. */
  public record Result(
      long seed,
      boolean isBroken,
      String report,
      long digest,
      long events,
      long virtualNanos,
      long committed,
      long writes,
      long repairs) {}

  /** What many seeds came to. */
  public record Sweep(long worlds, long events, long writes, long repairs, List<Result> broken) {}

  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final int MINUTES = 10;
  private static final int BROKEN_MAX = 5;

  private SimulationRunner() {}

  /** Runs one seed. */
  public static Result run(long seed) {
    return run(seed, null);
  }

  /** Runs one seed and writes its trace. */
  public static Result runTraced(long seed, Path traceFile) {
    try (PrintWriter out =
        new PrintWriter(Files.newBufferedWriter(traceFile, StandardCharsets.UTF_8))) {
      return run(seed, out);
    } catch (IOException e) {
      throw new UncheckedIOException("trace cannot be written", e);
    }
  }

  /** Null if every rule held; else the report. Only types that every class loader shares. */
  public static @Nullable String failure(long seed) {
    try (QuietLog quiet = new QuietLog()) {
      Result result = run(seed);
      return result.isBroken() ? result.report() : null;
    }
  }

  /**
   * Runs consecutive seeds, some at a time, until there are enough.
   *
   * @param worldsMin run at least so many
   * @param seconds and go on for so long
   */
  public static Sweep sweep(long fromSeed, long worldsMin, long seconds) {
    try (QuietLog quiet = new QuietLog()) {
      return sweepQuietly(fromSeed, worldsMin, seconds);
    }
  }

  private static Sweep sweepQuietly(long fromSeed, long worldsMin, long seconds) {
    long deadline = System.nanoTime() + seconds * 1_000_000_000L;
    AtomicLong next = new AtomicLong(fromSeed);
    AtomicLong worlds = new AtomicLong();
    AtomicLong events = new AtomicLong();
    AtomicLong writes = new AtomicLong();
    AtomicLong repairs = new AtomicLong();
    List<Result> broken = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    AtomicBoolean isStopped = new AtomicBoolean();
    Runnable work =
        () -> {
          while (!isStopped.get()) {
            synchronized (broken) {
              if (broken.size() >= BROKEN_MAX) {
                return;
              }
            }
            long seed = next.getAndIncrement();
            if (seed - fromSeed >= worldsMin && System.nanoTime() - deadline >= 0) {
              return;
            }
            Result result = run(seed);
            worlds.incrementAndGet();
            events.addAndGet(result.events());
            writes.addAndGet(result.writes());
            repairs.addAndGet(result.repairs());
            if (result.isBroken()) {
              synchronized (broken) {
                broken.add(result);
              }
            }
          }
        };
    int count = Integer.getInteger("sim.threads", Runtime.getRuntime().availableProcessors());
    for (int i = 0; i < count; i++) {
      Thread thread = new Thread(work, "simulation-" + i);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      // Each ends with the world that it is in.
      isStopped.set(true);
      Thread.currentThread().interrupt();
    }
    synchronized (broken) {
      return new Sweep(
          worlds.get(), events.get(), writes.get(), repairs.get(), List.copyOf(broken));
    }
  }

  private static Result run(long seed, @Nullable PrintWriter trace) {
    World world = new World(seed, minutes() * MINUTE_NANOS, trace);
    try {
      world.run();
    } catch (RuntimeException | Error e) {
      world.verdict.broken("the simulation itself", World.trace(e));
    }
    world.trace.line(String.format("digest %016x", world.trace.digest()));
    boolean isBroken = world.verdict.isBroken();
    return new Result(
        seed,
        isBroken,
        isBroken ? report(world) : "",
        world.trace.digest(),
        world.scheduler.executed(),
        world.scheduler.nowNanos(),
        world.truth.commitIndex(),
        world.writes,
        world.repairs.done());
  }

  private static int minutes() {
    return Integer.getInteger("sim.minutes", MINUTES);
  }

  private static String report(World world) {
    return String.format(
        "seed %d, event %d, at %.6f s: %s%n%s"
            + "replay: ./mvnw -pl server -am test -Dtest=SimulationTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dsim.seed=%d%s%n",
        world.seed,
        world.scheduler.executed(),
        world.scheduler.nowNanos() / 1e9,
        world.verdict.text(),
        world.dump(),
        world.seed,
        minutes() == MINUTES ? "" : " -Dsim.minutes=" + minutes());
  }

  /** As described in the package's documentation. */
  public static void main(String[] arguments) {
    long started = System.nanoTime();
    Long seed = Long.getLong("sim.seed");
    if (seed != null) {
      String trace = System.getProperty("sim.trace");
      Result result = trace == null ? run(seed) : runTraced(seed, Path.of(trace));
      System.out.printf(
          "%sseed %d: %s, %d events, %d committed, %d writes, %d repairs, digest %016x, %.2f s%n",
          result.report(),
          seed,
          result.isBroken() ? "BROKEN" : "holds",
          result.events(),
          result.committed(),
          result.writes(),
          result.repairs(),
          result.digest(),
          (System.nanoTime() - started) / 1e9);
      return;
    }
    long from = Long.getLong("sim.from", 1);
    Sweep sweep = sweep(from, Long.getLong("sim.seeds", 0), Long.getLong("sim.seconds", 0));
    sweep.broken().forEach(result -> System.out.println(result.report()));
    System.out.println(describe(sweep, from, started));
  }

  static String describe(Sweep sweep, long from, long startedNanos) {
    double seconds = (System.nanoTime() - startedNanos) / 1e9;
    return String.format(
        "%d worlds, seeds %d to %d, in %.1f s: %.0f events and %.0f writes each, %.2f million events a"
            + " second; %d damaged members came back; %d broken",
        sweep.worlds(),
        from,
        from + sweep.worlds() - 1,
        seconds,
        (double) sweep.events() / Math.max(1, sweep.worlds()),
        (double) sweep.writes() / Math.max(1, sweep.worlds()),
        sweep.events() / seconds / 1e6,
        sweep.repairs(),
        sweep.broken().size());
  }
}
