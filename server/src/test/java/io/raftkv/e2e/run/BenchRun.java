package io.raftkv.e2e.run;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs {@code kvctl bench} against a store.
 *
 * @param keys that are written and read
 * @param valueBytes of each value
 */
record BenchRun(int keys, int valueBytes) {
  /** What one measurement found. */
  record Result(JsonObject json) {
    double perSecond() {
      return json.get("ops_per_second").getAsDouble();
    }

    long errors() {
      return json.get("errors").getAsLong();
    }

    double longestGapMillis() {
      return json.get("longest_gap_us").getAsDouble() / 1e3;
    }

    /**
     * How long requests took.
     *
     * @param which of p50, p95, p99, p999 and max
     */
    double millis(String which) {
      return json.getAsJsonObject("latency_us").get(which).getAsDouble() / 1e3;
    }

    /** Of the servers together, in seconds. */
    double cpuPer10000() {
      double cpuSeconds = 0;
      for (JsonElement server : servers()) {
        cpuSeconds += server.getAsJsonObject().get("cpu_seconds").getAsDouble();
      }
      double operations = perSecond() * repeat().get("seconds").getAsDouble();
      return cpuSeconds / operations * 10_000;
    }

    /** Of the largest server, resident. */
    double mebibytes() {
      double most = 0;
      for (JsonElement server : servers()) {
        most = Math.max(most, server.getAsJsonObject().get("rss_bytes").getAsDouble());
      }
      return most / (1 << 20);
    }

    /** Of scans. */
    double megabytesPerSecond() {
      return repeat().get("mb_per_second").getAsDouble();
    }

    private JsonObject repeat() {
      return json.getAsJsonArray("repeats").get(0).getAsJsonObject();
    }

    private Iterable<JsonElement> servers() {
      return repeat().getAsJsonArray("servers");
    }
  }

  /** Runs it to its end. */
  Result run(Contender store, Path folder, String work, int clients, String... more)
      throws IOException, InterruptedException {
    try (Kvctl kvctl = start(store, folder, work, clients, more)) {
      return result(kvctl, work + " of " + store.target());
    }
  }

  Kvctl start(Contender store, Path folder, String work, int clients, String... more)
      throws IOException {
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
    return Kvctl.start(folder, store.endpoints(), arguments.toArray(String[]::new));
  }

  /** Waits for its end. */
  static Result result(Kvctl kvctl, String what) throws IOException, InterruptedException {
    if (kvctl.exitCode() != 0) {
      throw new AssertionError(what + ": " + kvctl.stderr());
    }
    return new Result(JsonParser.parseString(kvctl.stdout()).getAsJsonObject());
  }
}
