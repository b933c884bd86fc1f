package io.raftkv.e2e.run;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.raftkv.e2e.KvdProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      "anew, fills them, starts them once more and measures gets, puts, gets after those, and both",
      "mixed. Prints the medians, and raftkv's ratio to etcd's of the same round: median, lowest and",
      "highest. etcd is that of this machine, else Debian's."
    })
final class Compare extends Run {
  private static final String WARMUP = "2s";
  private static final int SPREAD_CLIENTS = 256;

  @Option(names = "--rounds", description = "How many. Default: ${DEFAULT-VALUE}.")
  private int rounds = 3;

  @Option(names = "--seconds", description = "Of each measurement. Default: ${DEFAULT-VALUE}.")
  private int seconds = 5;

  @Option(names = "--keys", description = "That are written and read. Default: ${DEFAULT-VALUE}.")
  private int keys = 100_000;

  @Option(names = "--value-bytes", description = "Of each value. Default: ${DEFAULT-VALUE}.")
  private int valueBytes = 256;

  @Option(names = "--etcd", paramLabel = "FILE", description = "etcd's program.")
  private @Nullable Path etcd;

  /**
   * One kind of load.
   *
   * @param name of it; gets are measured twice
   */
  private record Cell(String name, String work, int clients) {}

  private static final List<Cell> CELLS =
      List.of(
          new Cell("gets", "get", 1),
          new Cell("gets", "get", 64),
          new Cell("gets", "get", SPREAD_CLIENTS),
          new Cell("gets", "get", 1_000),
          new Cell("puts", "put", 1),
          new Cell("puts", "put", 16),
          new Cell("puts", "put", 64),
          new Cell("puts", "put", SPREAD_CLIENTS),
          new Cell("puts", "put", 1_000),
          new Cell("gets after puts", "get", SPREAD_CLIENTS),
          new Cell("mixed", "mixed", 64));

  @Override
  long minutesMax() {
    return Math.max(super.minutesMax(), 10L * rounds);
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
    Map<Cell, List<JsonObject>> ofEtcd = new LinkedHashMap<>();
    Map<Cell, List<JsonObject>> ofRaftkv = new LinkedHashMap<>();
    for (int round = 1; round <= rounds; round++) {
      Path data = Files.createDirectories(folder.resolve("round" + round));
      report.progress("round %d of %d: etcd", round, rounds);
      measure(new EtcdCluster(program, data), data, ofEtcd, report);
      report.progress("round %d of %d: raftkv", round, rounds);
      measure(new RaftkvCluster(launched(), data), data, ofRaftkv, report);
    }
    for (Cell cell : CELLS) {
      print(
          report,
          cell,
          ofEtcd.getOrDefault(cell, List.of()),
          ofRaftkv.getOrDefault(cell, List.of()));
    }
  }

  private KvdProcess.Program launched() {
    return KvdProcess.Program.launcher(launcherOr(Path.of("server", "bin", "kvd")), List.of());
  }

  private void measure(
      Contender store, Path folder, Map<Cell, List<JsonObject>> figures, Report report)
      throws IOException, InterruptedException {
    try {
      store.start();
      bench(store, folder, "get", 64, "--warmup", "1ms", "--duration", "100ms");
      // A process that took many writes is not what one is that has just been started.
      store.stop();
      store.start();
      for (Cell cell : CELLS) {
        JsonObject result =
            bench(
                store,
                folder,
                cell.work(),
                cell.clients(),
                "--no-fill",
                "--warmup",
                WARMUP,
                "--duration",
                seconds + "s");
        long errors = result.get("errors").getAsLong();
        if (errors > 0) {
          report.check(
              store.target() + " answers every request", false, errors + " errors, " + cell);
        }
        figures.computeIfAbsent(cell, any -> new ArrayList<>()).add(result);
      }
    } finally {
      store.stop();
    }
  }

  private JsonObject bench(Contender store, Path folder, String work, int clients, String... more)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "bench",
                work,
                "--target",
                store.target(),
                "--clients",
                Integer.toString(clients),
                "--keys",
                Integer.toString(keys),
                "--value-size",
                Integer.toString(valueBytes),
                "--repeats",
                "1",
                "-o",
                "json",
                "-q"));
    arguments.addAll(List.of(more));
    try (Kvctl kvctl = Kvctl.start(folder, store.endpoints(), arguments.toArray(String[]::new))) {
      if (kvctl.exitCode() != 0) {
        throw new AssertionError("kvctl " + String.join(" ", arguments) + ": " + kvctl.stderr());
      }
      return JsonParser.parseString(kvctl.stdout()).getAsJsonObject();
    }
  }

  private static void print(
      Report report, Cell cell, List<JsonObject> etcd, List<JsonObject> raftkv) {
    String name = cell.name() + ", " + cell.clients();
    row(report, name + ", per second", etcd, raftkv, Compare::perSecond);
    row(report, name + ", p50 ms", etcd, raftkv, result -> latency(result, "p50"));
    row(report, name + ", p99 ms", etcd, raftkv, result -> latency(result, "p99"));
    row(report, name + ", p99.9 ms", etcd, raftkv, result -> latency(result, "p999"));
    if (cell.clients() == SPREAD_CLIENTS) {
      row(report, name + ", server CPU s per 10,000", etcd, raftkv, Compare::cpuPer10000);
      row(report, name + ", largest server MiB", etcd, raftkv, Compare::mebibytes);
    }
  }

  /** One figure of a measurement. */
  private interface Figure {
    double of(JsonObject result);
  }

  private static void row(
      Report report, String name, List<JsonObject> etcd, List<JsonObject> raftkv, Figure figure) {
    double[] theirs = etcd.stream().mapToDouble(figure::of).toArray();
    double[] ours = raftkv.stream().mapToDouble(figure::of).toArray();
    double[] ratios = new double[Math.min(theirs.length, ours.length)];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = theirs[i] == 0 ? 0 : ours[i] / theirs[i];
    }
    Arrays.sort(ratios);
    report.figure(
        name,
        "etcd %,.2f, raftkv %,.2f, ratio %.2f (%.2f to %.2f)",
        median(theirs),
        median(ours),
        median(ratios),
        ratios[0],
        ratios[ratios.length - 1]);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double perSecond(JsonObject result) {
    return result.get("ops_per_second").getAsDouble();
  }

  private static double latency(JsonObject result, String which) {
    return result.getAsJsonObject("latency_us").get(which).getAsDouble() / 1e3;
  }

  private static JsonObject repeat(JsonObject result) {
    return result.getAsJsonArray("repeats").get(0).getAsJsonObject();
  }

  private static double cpuPer10000(JsonObject result) {
    double cpuSeconds = 0;
    for (JsonElement server : repeat(result).getAsJsonArray("servers")) {
      cpuSeconds += server.getAsJsonObject().get("cpu_seconds").getAsDouble();
    }
    double operations = perSecond(result) * repeat(result).get("seconds").getAsDouble();
    return cpuSeconds / operations * 10_000;
  }

  private static double mebibytes(JsonObject result) {
    double most = 0;
    for (JsonElement server : repeat(result).getAsJsonArray("servers")) {
      most = Math.max(most, server.getAsJsonObject().get("rss_bytes").getAsDouble());
    }
    return most / (1 << 20);
  }
}
