package io.raftkv.cli;

import io.raftkv.cli.bench.Bench;
import io.raftkv.cli.bench.BenchPlan;
import io.raftkv.cli.bench.BenchResult;
import io.raftkv.cli.bench.BenchTarget;
import io.raftkv.cli.bench.EtcdTarget;
import io.raftkv.cli.bench.PercentilePlot;
import io.raftkv.cli.bench.RaftkvTarget;
import io.raftkv.cli.bench.Work;
import io.raftkv.client.ClientOptions;
import io.raftkv.client.Endpoint;
import io.raftkv.client.KvClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvctl bench}. */
@Command(
    name = "bench",
    sortOptions = false,
    description = {
      "Measure how much the servers do, and how long each request takes. Writes the keys",
      "bench/00000000 and on, and leaves them there. Every write is acknowledged by a majority, every",
      "read is linearizable. With --target etcd the same load goes to etcd.",
      "As many requests are under way as there are --clients, each sent when the one before it was",
      "answered; with --rate they leave at fixed moments, and their time counts from those.",
      "Of servers on this machine it also shows the CPU time and the memory."
    })
final class BenchCommand extends KvctlCommand {
  private static final int CLIENTS_MAX = 100_000;
  private static final int KEYS_MAX = 100_000_000;
  private static final int VALUE_BYTES_MAX = 1 << 20;
  private static final int REPEATS_MAX = 1_000;
  private static final List<Endpoint> ETCD = List.of(new Endpoint("127.0.0.1", 2379));

  /** Whom the load goes to. */
  enum Store {
    RAFTKV,
    ETCD
  }

  @Parameters(
      index = "0",
      paramLabel = "put|get|mixed|scan",
      description = "What is asked; mixed is puts and gets, one half each; scan reads all keys.")
  private Work work = Work.PUT;

  @Option(
      names = "--clients",
      paramLabel = "N",
      description = "Requests under way; with --rate at most. Default: ${DEFAULT-VALUE}.")
  private int clients = 64;

  @Option(
      names = "--keys",
      paramLabel = "N",
      description = "Keys that are written and read, at random. Default: ${DEFAULT-VALUE}.")
  private int keys = 100_000;

  @Option(
      names = "--value-size",
      paramLabel = "BYTES",
      description = "Of each value; it does not compress. Default: ${DEFAULT-VALUE}.")
  private int valueBytes = 256;

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "Requests a second. Default: as many as the clients get answered.")
  private double rate;

  @Option(
      names = "--duration",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "Of each measurement. Default: 30s.")
  private Duration duration = Duration.ofSeconds(30);

  @Option(
      names = "--warmup",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "The same load before each measurement. Default: 5s.")
  private Duration warmup = Duration.ofSeconds(5);

  @Option(
      names = "--repeats",
      paramLabel = "N",
      description = "Measurements; the median is shown, and each. Default: ${DEFAULT-VALUE}.")
  private int repeats = 3;

  @Option(
      names = "--no-fill",
      description = "The keys are there: do not write each of them once before.")
  private boolean isFilled;

  @Option(
      names = "--target",
      paramLabel = "raftkv|etcd",
      description = "Whose servers --endpoints are; of etcd 127.0.0.1:2379 if not given.")
  private Store store = Store.RAFTKV;

  @Option(
      names = "--unary",
      description = "Each call to raftkv is one of its own, as any client of gRPC makes it.")
  private boolean isUnary;

  @Option(
      names = "--plot",
      paramLabel = "FILE.svg",
      description = "Draw how long the requests took.")
  private @Nullable String plot;

  @Override
  int run() throws IOException, InterruptedException {
    check("--clients", clients, 1, CLIENTS_MAX);
    check("--keys", keys, 1, KEYS_MAX);
    check("--value-size", valueBytes, 0, VALUE_BYTES_MAX);
    check("--repeats", repeats, 1, REPEATS_MAX);
    if (rate < 0 || Double.isNaN(rate) || (rate > 0 && work == Work.SCAN)) {
      throw CliException.invalid("--rate is requests a second, of puts and gets");
    }
    BenchPlan plan =
        new BenchPlan(work, clients, keys, valueBytes, rate, warmup, duration, repeats);
    BenchResult result = measure(plan);
    if (plot != null) {
      draw(result, plot);
    }
    new BenchReport(store.name().toLowerCase(Locale.ROOT), result)
        .print(console(), kvctl().format());
    return result.median().operationsPerSecond() > 0 ? ExitCode.OK : ExitCode.UNAVAILABLE;
  }

  private static void check(String option, int value, int min, int max) {
    if (value < min || value > max) {
      throw CliException.invalid(option + " " + value + " is not between " + min + " and " + max);
    }
  }

  private BenchResult measure(BenchPlan plan) throws InterruptedException {
    List<Endpoint> endpoints =
        store == Store.ETCD ? kvctl().endpointsOr(ETCD) : kvctl().endpoints();
    try (BenchTarget target = target(endpoints)) {
      Bench bench = new Bench(plan, target, localPorts(endpoints), this::progress);
      if (!isFilled) {
        bench.fill();
      }
      BenchResult result = bench.run();
      progress("");
      return result;
    } catch (Bench.FillException e) {
      throw new CliException(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()));
    }
  }

  private BenchTarget target(List<Endpoint> endpoints) {
    ClientOptions options = kvctl().clientOptions();
    return store == Store.ETCD
        ? new EtcdTarget(endpoints, options.timeout())
        : new RaftkvTarget(KvClient.connect(isUnary ? options.withoutPipeline() : options));
  }

  private static List<Integer> localPorts(List<Endpoint> endpoints) {
    return endpoints.stream().filter(BenchCommand::isHere).map(Endpoint::port).toList();
  }

  private static boolean isHere(Endpoint endpoint) {
    try {
      return InetAddress.getByName(endpoint.host()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private void draw(BenchResult result, String file) throws IOException {
    String title = "%s, %s, %d clients".formatted(store, work, clients).toLowerCase(Locale.ROOT);
    try (WholeFile svg = WholeFile.create(file)) {
      svg.write(PercentilePlot.svg(title, result.micros()).getBytes(StandardCharsets.UTF_8));
      svg.finish();
    }
    inform("drawn in " + file);
  }
}
