package io.raftkv.e2e.run;

import io.raftkv.e2e.KvdProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** etcd and raftkv in turn, under the same load. */
@Command(
    name = "compare",
    sortOptions = false,
    description = {
      "etcd and raftkv in turn, each with three members, under the same load from kvctl bench.",
      "Both sync every write on a majority, and every read is linearizable. Each round starts both",
      "anew, fills them, starts them once more, and measures gets, puts, gets after those, both",
      "mixed, and how long writes stop when the leader is killed; of raftkv also gets as unary calls,",
      "beside a server that does nothing else. Prints the medians, raftkv's ratio to etcd's of the same",
      "round (median, lowest, highest), and whether the goal is reached. etcd is that of this machine,",
      "else Debian's."
    })
final class Compare extends Run {
  /** Of either kind of load: a process of Java takes that long until it is compiled. */
  private static final String WARMUP_OF_SERVERS = "20s";

  private static final String WARMUP = "4s";
  private static final String WARMUP_OF_UNARY = "10s";
  private static final int SPREAD_CLIENTS = 256;
  private static final int GAP_SECONDS = 10;
  private static final Duration UNTIL_KILLED = Duration.ofSeconds(8);
  private static final String GAP_RATE = "200";

  @Option(names = "--rounds", description = "How many. Default: ${DEFAULT-VALUE}.")
  private int rounds = 3;

  @Option(names = "--seconds", description = "Of each measurement. Default: ${DEFAULT-VALUE}.")
  private int seconds = 5;

  @Option(names = "--keys", description = "That are written and read. Default: ${DEFAULT-VALUE}.")
  private int keys = 100_000;

  @Option(names = "--value-bytes", description = "Of each value. Default: ${DEFAULT-VALUE}.")
  private int valueBytes = 256;

  @Option(
      names = "--record",
      paramLabel = "FILE",
      description = {
        "Add the ratios to this file, with the commit and the machine, and tell which of them are less",
        "than three quarters as good as those that were added last."
      })
  private @Nullable Path record;

  @Option(names = "--etcd", paramLabel = "FILE", description = "etcd's program.")
  private @Nullable Path etcd;

  /**
   * One kind of load.
   *
   * @param name of it; gets are measured twice
   * @param times what raftkv is to do, as a multiple of etcd's
   */
  private record Cell(String name, String work, int clients, double times) {
    String figure(String of) {
      return name + ", " + clients + ", " + of;
    }
  }

  private static final Cell GETS = new Cell("gets", "get", SPREAD_CLIENTS, 4);
  private static final Cell GETS_AFTER_PUTS = new Cell("gets after puts", "get", SPREAD_CLIENTS, 4);

  private static final Cell FIRST_PUTS = new Cell("puts", "put", 1, 3);

  private static final List<Cell> CELLS =
      List.of(
          new Cell("gets", "get", 1, 4),
          new Cell("gets", "get", 64, 4),
          GETS,
          new Cell("gets", "get", 1_000, 4),
          FIRST_PUTS,
          new Cell("puts", "put", 16, 4),
          new Cell("puts", "put", 64, 3.3),
          new Cell("puts", "put", SPREAD_CLIENTS, 3.3),
          new Cell("puts", "put", 1_000, 4),
          GETS_AFTER_PUTS,
          new Cell("mixed", "mixed", 64, 4));

  private static final String GAP = "longest time without a write, leader killed, ms";
  private static final String FRESH = "gets after puts, 256, of gets before";
  private static final String UNARY = "gets, unary calls, 256, per second";
  private static final String OF_ECHO = "gets, unary calls, 256, of a bare gRPC server's";

  @Override
  long minutesMax() {
    return Math.max(super.minutesMax(), 12L * rounds);
  }

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    Path program = etcd == null ? EtcdCluster.program(folder.resolve("etcd-server")) : etcd;
    report.figure("etcd", "%s", EtcdCluster.version(program));
    report.figure(
        "load",
        "%d keys, values of %d B, %d rounds, %d s each after %s",
        keys,
        valueBytes,
        rounds,
        seconds,
        WARMUP);
    Comparison comparison = new Comparison();
    CELLS.forEach(cell -> goals(comparison, cell));
    comparison.goal(GAP, Goal.atMostTimes(0.2));
    comparison.goal(OF_ECHO, Goal.atLeast(0.6));
    for (int round = 1; round <= rounds; round++) {
      Path data = Files.createDirectories(folder.resolve("round" + round));
      report.progress("round %d of %d: etcd", round, rounds);
      measure(new EtcdCluster(program, data), data, comparison, report);
      report.progress("round %d of %d: raftkv", round, rounds);
      measure(new RaftkvCluster(3, launched(), data), data, comparison, report);
    }
    comparison.print(report);
    if (record != null) {
      new RatioRecord(record).add(comparison, commandLine(), report);
    }
  }

  private static void goals(Comparison comparison, Cell cell) {
    boolean isSpread = cell.clients() == SPREAD_CLIENTS;
    comparison.goal(cell.figure("per second"), Goal.times(cell.times()));
    if (cell.clients() == 64 || isSpread) {
      comparison.goal(cell.figure("p99 ms"), Goal.atMostTimes(0.5));
    }
    if (isSpread) {
      boolean isPut = cell.work().equals("put");
      if (isPut) {
        comparison.goal(cell.figure("p99.9 ms"), Goal.atMostTimes(0.5));
      }
      comparison.goal(cell.figure("server CPU s per 10,000"), Goal.atMostTimes(isPut ? 0.3 : 0.25));
      comparison.goal(cell.figure("largest server MiB"), Goal.atMost(300));
    }
    if (cell == GETS_AFTER_PUTS) {
      comparison.goal(FRESH, Goal.atLeast(0.9));
    }
  }

  private BenchRun load() {
    return new BenchRun(keys, valueBytes);
  }

  private KvdProcess.Program launched() {
    return KvdProcess.Program.launcher(launcherOr(Path.of("server", "bin", "kvd")), List.of());
  }

  private void measure(Contender store, Path folder, Comparison comparison, Report report)
      throws IOException, InterruptedException {
    boolean isOurs = store instanceof RaftkvCluster;
    try {
      store.start();
      load().run(store, folder, "get", 64, "--warmup", "1ms", "--duration", "100ms");
      // A process that took many writes is not what one is that has just been started.
      store.stop();
      store.start();
      warmUp(store, folder, "get");
      double fresh = 0;
      for (Cell cell : CELLS) {
        if (cell == FIRST_PUTS) {
          warmUp(store, folder, "put");
        }
        BenchRun.Result result =
            load()
                .run(
                    store,
                    folder,
                    cell.work(),
                    cell.clients(),
                    "--no-fill",
                    "--warmup",
                    WARMUP,
                    "--duration",
                    seconds + "s");
        if (result.errors() > 0) {
          report.check(
              store.target() + " answers every request",
              false,
              result.errors() + " errors, " + cell);
        }
        add(comparison, cell, isOurs, result);
        if (cell == GETS) {
          fresh = result.perSecond();
        } else if (cell == GETS_AFTER_PUTS) {
          comparison.add(FRESH, isOurs, result.perSecond() / fresh);
        }
      }
      if (isOurs) {
        double unary = unaryGets(store, folder);
        comparison.add(UNARY, true, unary);
        comparison.add(OF_ECHO, true, unary / bareEchoes(folder));
      }
      comparison.add(GAP, isOurs, gapMillis(store, folder));
    } finally {
      store.close();
    }
  }

  private void warmUp(Contender store, Path folder, String work)
      throws IOException, InterruptedException {
    load()
        .run(
            store,
            folder,
            work,
            64,
            "--no-fill",
            "--warmup",
            "1ms",
            "--duration",
            WARMUP_OF_SERVERS);
  }

  /** As a client makes them that does not know the stream. */
  private double unaryGets(Contender store, Path folder) throws IOException, InterruptedException {
    return load()
        .run(
            store,
            folder,
            "get",
            SPREAD_CLIENTS,
            "--unary",
            "--no-fill",
            "--warmup",
            WARMUP_OF_UNARY,
            "--duration",
            seconds + "s")
        .perSecond();
  }

  private double bareEchoes(Path folder) throws IOException, InterruptedException {
    BareEcho echo = new BareEcho(valueBytes);
    try {
      echo.start();
      return unaryGets(echo, folder);
    } finally {
      echo.close();
    }
  }

  private static void add(
      Comparison comparison, Cell cell, boolean isOurs, BenchRun.Result result) {
    comparison.add(cell.figure("per second"), isOurs, result.perSecond());
    comparison.add(cell.figure("p50 ms"), isOurs, result.millis("p50"));
    comparison.add(cell.figure("p99 ms"), isOurs, result.millis("p99"));
    comparison.add(cell.figure("p99.9 ms"), isOurs, result.millis("p999"));
    comparison.add(cell.figure("longest ms"), isOurs, result.millis("max"));
    if (cell.clients() == SPREAD_CLIENTS) {
      comparison.add(cell.figure("server CPU s per 10,000"), isOurs, result.cpuPer10000());
      comparison.add(cell.figure("largest server MiB"), isOurs, result.mebibytes());
    }
  }

  /**
   * Requests leave at a fixed rate: who waits for a dead leader keeps nobody from asking another.
   */
  private double gapMillis(Contender store, Path folder) throws IOException, InterruptedException {
    try (Kvctl load =
        load()
            .start(
                store,
                folder,
                "put",
                4_000,
                "--no-fill",
                "--warmup",
                WARMUP,
                "--rate",
                GAP_RATE,
                "--duration",
                GAP_SECONDS + "s")) {
      pause(UNTIL_KILLED);
      store.killLeader();
      return BenchRun.result(load, "the load while the leader is killed").longestGapMillis();
    }
  }
}
