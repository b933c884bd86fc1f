package io.raftkv.cli;

import com.google.gson.stream.JsonWriter;
import io.raftkv.cli.bench.BenchPlan;
import io.raftkv.cli.bench.BenchResult;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Shows what a load did. */
final class BenchReport {
  private static final double PER = 10_000;

  private final String store;
  private final BenchResult result;

  BenchReport(String store, BenchResult result) {
    this.store = store;
    this.result = result;
  }

  void print(Console console, Format format) {
    if (format == Format.JSON) {
      console.writeLine(json());
      return;
    }
    if (format == Format.TEXT) {
      console.writeLine(title());
    }
    table(console);
    if (format == Format.TEXT) {
      servers(console);
      result.errors().forEach((reason, count) -> console.writeLine(count + " times " + reason));
    }
  }

  private String title() {
    BenchPlan plan = result.plan();
    String pace =
        plan.ratePerSecond() == 0
            ? plan.clients() + " clients"
            : String.format(
                Locale.ROOT, "%.0f/s, %d under way at most", plan.ratePerSecond(), plan.clients());
    return String.format(
        Locale.ROOT,
        "%s, %s, %s, %d keys, values of %d B, %d times %s",
        store,
        plan.work().name().toLowerCase(Locale.ROOT),
        pace,
        plan.keys(),
        plan.valueBytes(),
        plan.repeats(),
        Durations.text(plan.duration()));
  }

  private void table(Console console) {
    Table table =
        new Table("RUN", "PER SECOND", "P50", "P95", "P99", "P99.9", "MAX", "GAP", "ERRORS");
    for (int i = 0; i < result.repeats().size(); i++) {
      BenchResult.Repeat repeat = result.repeats().get(i);
      row(
          table,
          Integer.toString(i + 1),
          repeat.operationsPerSecond(),
          repeat.micros(),
          repeat.longestGapNanos(),
          repeat.errors());
    }
    row(
        table,
        "median",
        result.median().operationsPerSecond(),
        result.micros(),
        result.longestGapNanos(),
        result.errors());
    table.print(console);
  }

  /** The times of the last row are those of all runs together. */
  private static void row(
      Table table,
      String name,
      double perSecond,
      Histogram micros,
      long gapNanos,
      Map<String, Long> errors) {
    table.row(
        name,
        String.format(Locale.ROOT, "%,.0f", perSecond),
        millis(micros.getValueAtPercentile(50)),
        millis(micros.getValueAtPercentile(95)),
        millis(micros.getValueAtPercentile(99)),
        millis(micros.getValueAtPercentile(99.9)),
        millis(micros.getMaxValue()),
        millis(gapNanos / 1_000),
        sum(errors));
  }

  private static String millis(long micros) {
    return String.format(Locale.ROOT, "%.2f ms", micros / 1e3);
  }

  private static long sum(Map<String, Long> errors) {
    return errors.values().stream().mapToLong(Long::longValue).sum();
  }

  private void servers(Console console) {
    BenchResult.Repeat median = result.median();
    if (median.megabytesPerSecond() > 0) {
      console.writeLine(String.format(Locale.ROOT, "%.1f MB/s read", median.megabytesPerSecond()));
    }
    if (median.servers().isEmpty()) {
      return;
    }
    Table table = new Table("SERVER", "CPU", "CPU PER 10,000", "MEMORY");
    double all = 0;
    for (Map.Entry<Long, BenchResult.Server> server : median.servers().entrySet()) {
      double cpu = server.getValue().cpuSeconds();
      all += cpu;
      table.row(
          "pid " + server.getKey(),
          String.format(Locale.ROOT, "%.2f s", cpu),
          String.format(Locale.ROOT, "%.3f s", per10000(cpu, median)),
          (server.getValue().residentBytes() >> 20) + " MiB");
    }
    table.row(
        "all",
        String.format(Locale.ROOT, "%.2f s", all),
        String.format(Locale.ROOT, "%.3f s", per10000(all, median)),
        "");
    table.print(console);
  }

  private static double per10000(double cpuSeconds, BenchResult.Repeat repeat) {
    double operations = repeat.operationsPerSecond() * repeat.seconds();
    return operations == 0 ? 0 : cpuSeconds / operations * PER;
  }

  private String json() {
    BenchPlan plan = result.plan();
    return Json.object(
        json -> {
          json.name("target").value(store);
          json.name("work").value(plan.work().name().toLowerCase(Locale.ROOT));
          json.name("clients").value(plan.clients());
          json.name("keys").value(plan.keys());
          json.name("value_size").value(plan.valueBytes());
          json.name("rate").value(plan.ratePerSecond());
          json.name("ops_per_second_min").value(rounded(result.slowestPerSecond()));
          json.name("ops_per_second_max").value(rounded(result.fastestPerSecond()));
          double seconds = result.repeats().stream().mapToDouble(BenchResult.Repeat::seconds).sum();
          figures(
              json,
              result.median().operationsPerSecond(),
              seconds,
              result.micros(),
              result.longestGapNanos(),
              result.errors());
          repeats(json);
        });
  }

  private void repeats(JsonWriter json) throws IOException {
    json.name("repeats").beginArray();
    for (BenchResult.Repeat repeat : result.repeats()) {
      json.beginObject();
      figures(
          json,
          repeat.operationsPerSecond(),
          repeat.seconds(),
          repeat.micros(),
          repeat.longestGapNanos(),
          repeat.errors());
      if (repeat.megabytesPerSecond() > 0) {
        json.name("mb_per_second").value(rounded(repeat.megabytesPerSecond()));
      }
      json.name("servers").beginArray();
      for (Map.Entry<Long, BenchResult.Server> server : repeat.servers().entrySet()) {
        json.beginObject();
        json.name("pid").value(server.getKey());
        json.name("cpu_seconds").value(rounded(server.getValue().cpuSeconds()));
        json.name("rss_bytes").value(server.getValue().residentBytes());
        json.endObject();
      }
      json.endArray();
      json.endObject();
    }
    json.endArray();
  }

  private static void figures(
      JsonWriter json,
      double perSecond,
      double seconds,
      Histogram micros,
      long gapNanos,
      Map<String, Long> errors)
      throws IOException {
    json.name("ops_per_second").value(rounded(perSecond));
    json.name("seconds").value(rounded(seconds));
    json.name("longest_gap_us").value(gapNanos / 1_000);
    json.name("errors").value(sum(errors));
    json.name("errors_by_reason").beginObject();
    for (Map.Entry<String, Long> error : errors.entrySet()) {
      json.name(error.getKey()).value(error.getValue());
    }
    json.endObject();
    json.name("latency_us").beginObject();
    json.name("p50").value(micros.getValueAtPercentile(50));
    json.name("p95").value(micros.getValueAtPercentile(95));
    json.name("p99").value(micros.getValueAtPercentile(99));
    json.name("p999").value(micros.getValueAtPercentile(99.9));
    json.name("max").value(micros.getMaxValue());
    json.endObject();
  }

  private static double rounded(double value) {
    return Math.round(value * 1e3) / 1e3;
  }
}
