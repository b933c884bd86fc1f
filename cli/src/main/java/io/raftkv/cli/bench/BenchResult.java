package io.raftkv.cli.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What a load showed: each repeat, and all of them together.
 *
 * @param repeats in order
 */
public record BenchResult(BenchPlan plan, List<Repeat> repeats) {

  /**
   * One measurement.
   *
   * @param operationsPerSecond requests answered; of scans the entries read
   * @param megabytesPerSecond of scans what was read, in 10^6 bytes; else 0
   * @param micros how long the requests took
   * @param longestGapNanos the longest time in which no request was answered
   * @param errors by reason
   * @param servers by process id, those on this machine
   */
  public record Repeat(
      double operationsPerSecond,
      double megabytesPerSecond,
      double seconds,
      Histogram micros,
      long longestGapNanos,
      Map<String, Long> errors,
      Map<Long, Server> servers) {}

  /**
   * What one server used.
   *
   * @param cpuSeconds during the measurement
   * @param residentBytes at its end
   */
  public record Server(double cpuSeconds, long residentBytes) {}

  /** The repeat in the middle, by what it did a second. */
  public Repeat median() {
    List<Repeat> sorted = new ArrayList<>(repeats);
    sorted.sort(Comparator.comparingDouble(Repeat::operationsPerSecond));
    return sorted.get(sorted.size() / 2);
  }

  /** Of all repeats. */
  public double slowestPerSecond() {
    return repeats.stream().mapToDouble(Repeat::operationsPerSecond).min().orElse(0);
  }

  /** Of all repeats. */
  public double fastestPerSecond() {
    return repeats.stream().mapToDouble(Repeat::operationsPerSecond).max().orElse(0);
  }

  /** Of all repeats, the longest time in which no request was answered. */
  public long longestGapNanos() {
    return repeats.stream().mapToLong(Repeat::longestGapNanos).max().orElse(0);
  }

  /** The times of all repeats together. */
  public Histogram micros() {
    Histogram all = new Histogram(repeats.get(0).micros());
    all.reset();
    repeats.forEach(repeat -> all.add(repeat.micros()));
    return all;
  }

  /** Of all repeats together, by reason. */
  public Map<String, Long> errors() {
    Map<String, Long> all = new TreeMap<>();
    repeats.forEach(
        repeat -> repeat.errors().forEach((reason, count) -> all.merge(reason, count, Long::sum)));
    return all;
  }
}
