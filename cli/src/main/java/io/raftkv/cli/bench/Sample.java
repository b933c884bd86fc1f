package io.raftkv.cli.bench;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * What one measurement sees: how long each answered request took, in microseconds, and how many
 * failed, by reason. For any thread while it runs; {@link #end} makes it final.
 */
final class Sample {
  private static final long MICROS_MAX = 600_000_000;
  private static final int DIGITS = 3;

  private final ConcurrentHistogram micros = new ConcurrentHistogram(MICROS_MAX, DIGITS);
  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
  private final LongAdder answered = new LongAdder();
  private final LongAdder entries = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final long startedNanos = System.nanoTime();
  private final AtomicLong answeredNanos = new AtomicLong(startedNanos);
  private final LongAccumulator gapNanos = new LongAccumulator(Math::max, 0);
  private double seconds;

  void answered(long nanos) {
    answered.increment();
    long now = System.nanoTime();
    gapNanos.accumulate(now - answeredNanos.getAndSet(now));
    waited(nanos);
  }

  private void waited(long nanos) {
    micros.recordValue(Math.min(MICROS_MAX, nanos / 1_000));
  }

  /** Its moment came, and it could not leave until the end. */
  void notSent(long nanos) {
    waited(nanos);
    count("NOT_SENT");
  }

  void scanned(BenchTarget.Scanned read) {
    entries.add(read.entries());
    bytes.add(read.bytes());
  }

  void failed(BenchTarget target, Throwable failure) {
    Throwable cause = failure.getCause();
    count(target.reason(failure instanceof CompletionException && cause != null ? cause : failure));
  }

  private void count(String reason) {
    errors.computeIfAbsent(reason, any -> new LongAdder()).increment();
  }

  void end() {
    long now = System.nanoTime();
    gapNanos.accumulate(now - answeredNanos.get());
    seconds = (now - startedNanos) / 1e9;
  }

  /** The longest time in which no request was answered. */
  long longestGapNanos() {
    return gapNanos.get();
  }

  /** Requests answered, or of scans the entries read. */
  long operations() {
    long read = entries.sum();
    return read > 0 ? read : answered.sum();
  }

  double operationsPerSecond() {
    return operations() / seconds;
  }

  /** Of what scans have read; 0 for anything else. */
  double megabytesPerSecond() {
    return bytes.sum() / 1e6 / seconds;
  }

  double seconds() {
    return seconds;
  }

  Histogram micros() {
    return micros;
  }

  /** By reason, in order. */
  Map<String, Long> errors() {
    Map<String, Long> sums = new TreeMap<>();
    errors.forEach((reason, count) -> sums.put(reason, count.sum()));
    return sums;
  }
}
