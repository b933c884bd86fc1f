package io.raftkv.e2e.run;

import io.raftkv.e2e.KvdProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** etcd and raftkv with many keys. */
@Command(
    name = "growth",
    sortOptions = false,
    description = {
      "What many keys cost: etcd and raftkv in turn, each with three members. Measures puts and gets",
      "with few keys and with many, the memory of the servers, a scan over all, and how long a cluster",
      "that was stopped takes until it answers a linearizable read, and how long a backup of all takes",
      "and its restoring, with the stores' own commands; of raftkv also how long writes stop when",
      "leadership is handed over, and puts with five members."
    })
final class Growth extends Run {
  private static final String WARMUP = "10s";
  private static final String DURATION = "10s";
  private static final int CLIENTS = 64;
  private static final int BACKUPS = 3;
  private static final int HAND_OVERS = 5;
  private static final Duration BETWEEN_HAND_OVERS = Duration.ofSeconds(2);

  private static final String PUTS_KEPT = "puts with many keys, of those with few";
  private static final String GETS_KEPT = "gets with many keys, of those with few";
  private static final String PUTS_OF_FIVE = "puts of five members, of those of three";
  private static final String MEMORY = "largest server MiB";
  private static final String RESTART = "stopped until the first linearizable read, s";
  private static final String SCAN = "scan MB/s";
  private static final String SCAN_MEMORY = "largest server MiB after scans";
  private static final String STALL = "longest time without a write, 64 writers, ms";
  private static final String SAVE = "backup saved, s";
  private static final String RESTORE = "backup restored, s";
  private static final String HAND_OVER =
      "longest time without a write, leadership handed over, ms";

  @Option(names = "--rounds", description = "How many. Default: ${DEFAULT-VALUE}.")
  private int rounds = 3;

  @Option(names = "--few", description = "Keys at first. Default: ${DEFAULT-VALUE}.")
  private int few = 100_000;

  @Option(names = "--many", description = "Keys later. Default: ${DEFAULT-VALUE}.")
  private int many = 1_000_000;

  @Option(names = "--value-bytes", description = "Of each value. Default: ${DEFAULT-VALUE}.")
  private int valueBytes = 256;

  @Option(names = "--etcd", paramLabel = "FILE", description = "etcd's program.")
  private @Nullable Path etcd;

  @Option(names = "--alone", description = "Measure raftkv only.")
  private boolean isAlone;

  @Override
  long minutesMax() {
    return Math.max(super.minutesMax(), 20L * rounds);
  }

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    report.figure(
        "load",
        "%,d and %,d keys, values of %d B, %d clients, %d rounds",
        few,
        many,
        valueBytes,
        CLIENTS,
        rounds);
    Comparison comparison = new Comparison();
    comparison.goal(PUTS_KEPT, Goal.atLeast(0.8));
    comparison.goal(GETS_KEPT, Goal.atLeast(0.8));
    comparison.goal(PUTS_OF_FIVE, Goal.atLeast(0.7));
    comparison.goal(MEMORY, Goal.atMostTimes(1));
    comparison.goal(RESTART, Goal.atMostTimes(0.5));
    comparison.goal(SAVE, Goal.atMostTimes(0.5));
    comparison.goal(RESTORE, Goal.atMostTimes(0.5));
    comparison.goal(STALL, Goal.atMost(200));
    comparison.goal(HAND_OVER, Goal.atMost(50));
    for (int round = 1; round <= rounds; round++) {
      Path data = Files.createDirectories(folder.resolve("round" + round));
      if (!isAlone) {
        Path program = etcd == null ? EtcdCluster.program(folder.resolve("etcd-server")) : etcd;
        if (round == 1) {
          report.figure("etcd", "%s", EtcdCluster.version(program));
        }
        report.progress("round %d of %d: etcd", round, rounds);
        Path etcdctl = EtcdCluster.etcdctl(folder.resolve("etcd-client"));
        measure(new EtcdCluster(program, etcdctl, data), data, comparison);
      }
      report.progress("round %d of %d: raftkv", round, rounds);
      double puts = measure(new RaftkvCluster(3, launched(), data), data, comparison);
      Path five = Files.createDirectories(data.resolve("five"));
      comparison.add(PUTS_OF_FIVE, true, putsOfFive(five) / puts);
    }
    comparison.print(report);
  }

  private KvdProcess.Program launched() {
    return KvdProcess.Program.launcher(launcherOr(Path.of("server", "bin", "kvd")), List.of());
  }

  private BenchRun.Result load(Contender store, Path folder, int keys, String work, String... more)
      throws IOException, InterruptedException {
    return new BenchRun(keys, valueBytes).run(store, folder, work, CLIENTS, more);
  }

  private BenchRun.Result measured(Contender store, Path folder, int keys, String work)
      throws IOException, InterruptedException {
    return load(store, folder, keys, work, "--no-fill", "--warmup", WARMUP, "--duration", DURATION);
  }

  private void fill(Contender store, Path folder, int keys)
      throws IOException, InterruptedException {
    load(store, folder, keys, "get", "--warmup", "1ms", "--duration", "100ms");
  }

  private double putsOfFive(Path folder) throws IOException, InterruptedException {
    RaftkvCluster store = new RaftkvCluster(5, launched(), folder);
    try {
      store.start();
      return putsWithFewKeys(store, folder);
    } finally {
      store.close();
    }
  }

  /** After a load that warms the servers up. */
  private double putsWithFewKeys(Contender store, Path folder)
      throws IOException, InterruptedException {
    fill(store, folder, few);
    measured(store, folder, few, "put");
    return measured(store, folder, few, "put").perSecond();
  }

  /** Returns the puts a second with few keys. */
  private double measure(Contender store, Path folder, Comparison comparison)
      throws IOException, InterruptedException {
    boolean isOurs = store instanceof RaftkvCluster;
    try {
      store.start();
      double putsBefore = putsWithFewKeys(store, folder);
      double getsBefore = measured(store, folder, few, "get").perSecond();
      fill(store, folder, many);
      BenchRun.Result puts = measured(store, folder, many, "put");
      BenchRun.Result gets = measured(store, folder, many, "get");
      comparison.add("puts with few keys per second", isOurs, putsBefore);
      comparison.add("puts with many keys per second", isOurs, puts.perSecond());
      comparison.add(PUTS_KEPT, isOurs, puts.perSecond() / putsBefore);
      comparison.add("gets with few keys per second", isOurs, getsBefore);
      comparison.add("gets with many keys per second", isOurs, gets.perSecond());
      comparison.add(GETS_KEPT, isOurs, gets.perSecond() / getsBefore);
      comparison.add(STALL, isOurs, puts.longestGapMillis());
      comparison.add(MEMORY, isOurs, gets.mebibytes());
      BenchRun.Result scan =
          new BenchRun(many, valueBytes)
              .run(
                  store, folder, "scan", 1, "--no-fill", "--warmup", "1ms", "--duration", DURATION);
      comparison.add(SCAN, isOurs, scan.megabytesPerSecond());
      comparison.add(SCAN_MEMORY, isOurs, scan.mebibytes());
      backups(
          store, Files.createDirectories(folder.resolve("backups-" + store.target())), comparison);
      if (store instanceof RaftkvCluster ours) {
        comparison.add(HAND_OVER, true, handOverGapMillis(ours, folder));
      }
      store.stop();
      long beganNanos = System.nanoTime();
      store.start();
      store.read("bench/00000000");
      comparison.add(RESTART, isOurs, millis(System.nanoTime() - beganNanos) / 1e3);
      return putsBefore;
    } finally {
      store.close();
    }
  }

  /** Medians, each with the start of its program. */
  private void backups(Contender store, Path folder, Comparison comparison)
      throws IOException, InterruptedException {
    double[] saved = new double[BACKUPS];
    double[] restored = new double[BACKUPS];
    for (int i = 0; i < BACKUPS; i++) {
      Path file = folder.resolve("backup" + i);
      long beganNanos = System.nanoTime();
      store.save(file);
      long savedNanos = System.nanoTime();
      store.restore(file, folder.resolve("restored" + i));
      saved[i] = millis(savedNanos - beganNanos) / 1e3;
      restored[i] = millis(System.nanoTime() - savedNanos) / 1e3;
    }
    Arrays.sort(saved);
    Arrays.sort(restored);
    comparison.add(SAVE, store instanceof RaftkvCluster, saved[BACKUPS / 2]);
    comparison.add(RESTORE, store instanceof RaftkvCluster, restored[BACKUPS / 2]);
  }

  /** At a fixed rate: who waits keeps nobody from asking. */
  private double handOverGapMillis(RaftkvCluster store, Path folder)
      throws IOException, InterruptedException {
    long seconds = (HAND_OVERS + 1) * BETWEEN_HAND_OVERS.toSeconds();
    int warmupSeconds = 4;
    try (Kvctl load =
        new BenchRun(many, valueBytes)
            .start(
                store,
                folder,
                "put",
                1_000,
                "--no-fill",
                "--warmup",
                warmupSeconds + "s",
                "--rate",
                "200",
                "--duration",
                seconds + "s")) {
      pause(Duration.ofSeconds(warmupSeconds));
      for (int i = 0; i < HAND_OVERS; i++) {
        pause(BETWEEN_HAND_OVERS);
        store.handOver();
      }
      return BenchRun.result(load, "the load while leadership is handed over").longestGapMillis();
    }
  }
}
