package io.raftkv.e2e.run;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.GetOptions;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.PutOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How much three members do when nothing is wrong. */
@Command(
    name = "throughput",
    sortOptions = false,
    description = {
      "How much three members do when nothing is wrong.",
      "A closed loop through the Java client: as many requests under way as clients, each sent when",
      "the one before it was answered. Prints puts, also without a session, and linearizable gets a",
      "second and how long they took; of several rounds the median, with the lowest and the highest."
    })
final class Throughput extends Run {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int FILL_IN_FLIGHT = 256;

  @Option(
      names = "--clients",
      split = ",",
      description = "Requests under way. Default: ${DEFAULT-VALUE}.")
  private List<Integer> clients = new ArrayList<>(List.of(1, 16, 64, 256));

  @Option(names = "--keys", description = "That are written and read. Default: ${DEFAULT-VALUE}.")
  private int keys = 100_000;

  @Option(names = "--value-bytes", description = "Of each value. Default: ${DEFAULT-VALUE}.")
  private int valueBytes = 256;

  @Option(names = "--seconds", description = "Of each measurement. Default: ${DEFAULT-VALUE}.")
  private int seconds = 5;

  @Option(names = "--rounds", description = "How many. Default: ${DEFAULT-VALUE}.")
  private int rounds = 3;

  /** One kind of request. */
  private interface Request {
    CompletableFuture<?> send(KvClient client, ByteSequence key);
  }

  /** What one measurement showed. */
  private record Figures(double perSecond, Histogram micros) {}

  @Override
  void run(Path folder, Report report) throws InterruptedException {
    byte[] bytes = new byte[valueBytes];
    ThreadLocalRandom.current().nextBytes(bytes);
    ByteSequence value = ByteSequence.wrap(bytes);
    Request put = (client, key) -> client.putAsync(key, value, PutOptions.DEFAULT);
    Request get = (client, key) -> client.getAsync(key, GetOptions.DEFAULT);
    Map<Integer, List<Figures>> puts = new TreeMap<>();
    Map<Integer, List<Figures>> plainPuts = new TreeMap<>();
    Map<Integer, List<Figures>> gets = new TreeMap<>();
    try (Cluster cluster = newCluster(folder)) {
      cluster.start();
      KvClient client = cluster.connect(0, TIMEOUT);
      KvClient plain = cluster.connectWithoutSession(TIMEOUT);
      fill(client, put);
      // The first seconds are those of the JIT compilers.
      measure(client, put, FILL_IN_FLIGHT);
      measure(plain, put, FILL_IN_FLIGHT);
      measure(client, get, FILL_IN_FLIGHT);
      for (int round = 1; round <= rounds; round++) {
        for (int inFlight : clients) {
          // In turn, so that none of the two always has the warmer machine.
          boolean isPlainFirst = round % 2 == 0;
          Figures first = measure(isPlainFirst ? plain : client, put, inFlight);
          Figures second = measure(isPlainFirst ? client : plain, put, inFlight);
          puts.computeIfAbsent(inFlight, n -> new ArrayList<>()).add(isPlainFirst ? second : first);
          plainPuts
              .computeIfAbsent(inFlight, n -> new ArrayList<>())
              .add(isPlainFirst ? first : second);
          gets.computeIfAbsent(inFlight, n -> new ArrayList<>())
              .add(measure(client, get, inFlight));
        }
        report.progress("round %d of %d", round, rounds);
      }
      report.figure(
          "load",
          "%d keys, values of %d B, %d rounds of %d s each",
          keys,
          valueBytes,
          rounds,
          seconds);
      puts.forEach((inFlight, figures) -> print(report, "puts, " + inFlight, figures));
      plainPuts.forEach(
          (inFlight, figures) -> print(report, "puts without a session, " + inFlight, figures));
      gets.forEach((inFlight, figures) -> print(report, "linearizable gets, " + inFlight, figures));
      cluster.checkEqualStates(report);
    }
  }

  private static void print(Report report, String name, List<Figures> figures) {
    double[] rates = figures.stream().mapToDouble(Figures::perSecond).sorted().toArray();
    report.figure(
        name,
        "%,.0f/s (%,.0f to %,.0f); p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms",
        rates[rates.length / 2],
        rates[0],
        rates[rates.length - 1],
        millisAt(figures, 50),
        millisAt(figures, 99),
        millisAt(figures, 99.9));
  }

  /** The median of the rounds. */
  private static double millisAt(List<Figures> figures, double percentile) {
    double[] values =
        figures.stream()
            .mapToDouble(f -> f.micros().getValueAtPercentile(percentile) / 1e3)
            .toArray();
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private void fill(KvClient client, Request put) throws InterruptedException {
    Semaphore places = new Semaphore(FILL_IN_FLIGHT);
    AtomicLong failures = new AtomicLong();
    for (int i = 0; i < keys; i++) {
      places.acquire();
      put.send(client, key(i))
          .whenComplete(
              (result, failure) -> {
                failures.addAndGet(failure == null ? 0 : 1);
                places.release();
              });
    }
    places.acquire(FILL_IN_FLIGHT);
    if (failures.get() > 0) {
      throw new IllegalStateException(failures.get() + " writes failed while nothing is wrong");
    }
  }

  private Figures measure(KvClient client, Request request, int inFlight) {
    Histogram micros = new ConcurrentHistogram(3);
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    CompletableFuture<?>[] loops = new CompletableFuture<?>[inFlight];
    for (int i = 0; i < inFlight; i++) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      loops[i] = done;
      next(client, request, end, micros, done);
    }
    CompletableFuture.allOf(loops).join();
    return new Figures(micros.getTotalCount() * 1e9 / (System.nanoTime() - start), micros);
  }

  /** The next request follows the answer, on the thread that brought it. */
  private void next(
      KvClient client,
      Request request,
      long endNanos,
      Histogram micros,
      CompletableFuture<Void> done) {
    long start = System.nanoTime();
    if (start - endNanos >= 0) {
      done.complete(null);
      return;
    }
    ByteSequence key = key(ThreadLocalRandom.current().nextInt(keys));
    request
        .send(client, key)
        .whenComplete(
            (result, failure) -> {
              if (failure != null) {
                done.completeExceptionally(
                    failure instanceof KvException ? failure : new AssertionError(failure));
                return;
              }
              micros.recordValue((System.nanoTime() - start) / 1_000);
              next(client, request, endNanos, micros, done);
            });
  }

  private static ByteSequence key(int number) {
    return ByteSequence.of("key/" + number);
  }
}
