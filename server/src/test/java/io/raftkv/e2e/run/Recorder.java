package io.raftkv.e2e.run;

import io.raftkv.client.KvException;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * When writes were acknowledged and how long each took; and what became of the others. Times are
 * those of {@link System#nanoTime}. Thread-safe.
 */
final class Recorder {
  private static final int DIGITS = 3;
  private static final int DEFECTS_MAX = 5;
  private static final long OVERTAKING_NANOS = 1_000_000_000;

  private long[] ends = new long[1 << 16];
  private long[] durations = new long[1 << 16];
  private int acknowledged;
  private long unknown;
  private long refused;
  private final Map<Reason, Long> reasons = new TreeMap<>();
  private final List<String> defects = new ArrayList<>();

  synchronized void acknowledged(long startNanos, long endNanos) {
    if (acknowledged == ends.length) {
      ends = Arrays.copyOf(ends, 2 * acknowledged);
      durations = Arrays.copyOf(durations, 2 * acknowledged);
    }
    ends[acknowledged] = endNanos;
    durations[acknowledged++] = endNanos - startNanos;
  }

  synchronized void failed(KvException e) {
    if (e.outcome() == Outcome.UNKNOWN) {
      unknown++;
    } else {
      refused++;
    }
    reasons.merge(e.reason(), 1L, Long::sum);
    Reason.Kind kind = e.reason().kind();
    if ((kind == Reason.Kind.DEFECT || kind == Reason.Kind.CORRUPT)
        && defects.size() < DEFECTS_MAX) {
      defects.add(e.endpoint().map(endpoint -> endpoint + ": ").orElse("") + e.getMessage());
    }
  }

  synchronized long acknowledged() {
    return acknowledged;
  }

  synchronized long unknown() {
    return unknown;
  }

  synchronized long refused() {
    return refused;
  }

  /** The first answers that no fault excuses. */
  synchronized List<String> defects() {
    return List.copyOf(defects);
  }

  /** Failed writes by reason. */
  synchronized Map<Reason, Long> reasons() {
    return new TreeMap<>(reasons);
  }

  /** Of writes acknowledged in that time; in microseconds. */
  synchronized Histogram micros(long fromNanos, long toNanosExclusive) {
    Histogram histogram = new Histogram(DIGITS);
    for (int i = 0; i < acknowledged; i++) {
      if (ends[i] - fromNanos >= 0 && ends[i] - toNanosExclusive < 0) {
        histogram.recordValue(durations[i] / 1_000);
      }
    }
    return histogram;
  }

  /** The first acknowledgement after that time. */
  synchronized OptionalLong firstAcknowledged(long afterNanos) {
    OptionalLong first = OptionalLong.empty();
    // They come in order, but for threads that overtake each other on their way here.
    for (int i = acknowledged - 1; i >= 0 && ends[i] - afterNanos > -OVERTAKING_NANOS; i--) {
      if (ends[i] - afterNanos > 0 && (first.isEmpty() || ends[i] - first.getAsLong() < 0)) {
        first = OptionalLong.of(ends[i]);
      }
    }
    return first;
  }

  /** Prints what became of writes that were not acknowledged. */
  void printFailures(Report report) {
    report.figure("writes of unknown outcome", "%d", unknown());
    report.figure("writes refused", "%d", refused());
    report.figure("  both by reason", "%s", reasons());
    report.check("no answer is a defect", defects().isEmpty(), String.join("; ", defects()));
  }

  Gaps gaps() {
    long[] copy;
    synchronized (this) {
      copy = Arrays.copyOf(ends, acknowledged);
    }
    return new Gaps(copy);
  }
}
