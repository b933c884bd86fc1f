package io.raftkv.e2e.run;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** The times without an acknowledged write. Immutable. */
final class Gaps {
  private static final int DIGITS = 3;

  private final long[] ends;

  /** Of acknowledgements at these times, in any order; keeps the array. */
  Gaps(long[] ends) {
    this.ends = ends;
    Arrays.sort(ends);
  }

  /**
   * The longest time between two acknowledgements that reaches into this one; what ends it counts
   * only up to {@code toNanos}.
   */
  long longest(long fromNanos, long toNanos) {
    int next = firstAfter(fromNanos);
    long last = next == 0 ? fromNanos : ends[next - 1];
    long longest = 0;
    while (next < ends.length && ends[next] < toNanos) {
      longest = Math.max(longest, ends[next] - last);
      last = ends[next++];
    }
    long end = next < ends.length ? ends[next] : toNanos;
    return Math.max(longest, Math.min(end, toNanos) - last);
  }

  private int firstAfter(long nanos) {
    int low = 0;
    int high = ends.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ends[middle] <= nanos) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Median, 90th percentile, maximum and every value, in milliseconds. */
  static void print(Report report, String name, List<Long> nanos) {
    if (nanos.isEmpty()) {
      return;
    }
    Histogram micros = new Histogram(DIGITS);
    nanos.forEach(value -> micros.recordValue(Math.max(0, value) / 1_000));
    report.figure(
        name,
        "median %.0f ms, p90 %.0f ms, max %.0f ms",
        micros.getValueAtPercentile(50) / 1e3,
        micros.getValueAtPercentile(90) / 1e3,
        micros.getMaxValue() / 1e3);
    report.figure(
        "  each, in ms",
        "%s",
        nanos.stream()
            .map(value -> String.format(Locale.ROOT, "%.0f", Run.millis(value)))
            .collect(Collectors.joining(" ")));
  }
}
