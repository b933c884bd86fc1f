package io.raftkv.cli;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvException;
import io.raftkv.client.Outcome;
import io.raftkv.client.PutResult;
import io.raftkv.client.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes entries, several at a time, until all are written for certain.
 *
 * <p>A write whose outcome is unknown is sent again: putting the same value under the same key
 * twice is the same as once. So that this holds for a file that has a key twice, the later line
 * waits until the earlier one is written for certain. (Should a write that was given up as unknown
 * travel longer than its repetition and the next line together, it would win; only a key that
 * stands in the file twice can show it.)
 *
 * <p>{@link #run} belongs to one thread; answers arrive on others. The fields below are guarded by
 * this object's monitor, which nobody holds while waiting for the network.
 */
final class Importer {
  /** Sends one write. */
  interface Writer {
    CompletableFuture<PutResult> put(ByteSequence key, ByteSequence value);
  }

  /**
   * What was done.
   *
   * @param longestGapNanos the longest time without a successful write
   * @param repeats how often a write was sent again
   */
  record Report(long entries, long nanos, long longestGapNanos, long repeats) {}

  /** One entry on its way. */
  private static final class Attempt {
    final JsonlReader.Entry entry;
    final long giveUpNanos;
    long pauseMillis = PAUSE_MILLIS_MIN;
    boolean mayHaveHappened;

    Attempt(JsonlReader.Entry entry, long giveUpNanos) {
      this.entry = entry;
      this.giveUpNanos = giveUpNanos;
    }
  }

  private static final long PAUSE_MILLIS_MIN = 10;
  private static final long PAUSE_MILLIS_MAX = 500;
  private static final long PROGRESS_ENTRIES = 500;

  private final Writer writer;
  private final int inFlightMax;
  private final Duration retryFor;
  private final LongConsumer progress;

  private final Set<ByteSequence> inFlight = new HashSet<>();
  private long written;
  private long uncertain;
  private long repeats;
  private long lastSuccessNanos;
  private long longestGapNanos;
  private @Nullable CliException failure;

  /**
   * @param retryFor how long one entry may take with all its repetitions
   * @param progress told now and then how many entries are written, on the thread of {@link #run}
   */
  Importer(Writer writer, int inFlightMax, Duration retryFor, LongConsumer progress) {
    this.writer = writer;
    this.inFlightMax = inFlightMax;
    this.retryFor = retryFor;
    this.progress = progress;
  }

  /**
   * Writes all entries; returns when every one is written for certain.
   *
   * @throws CliException if a line is malformed or an entry cannot be written; says how many are
   *     written for certain. Nothing is under way any more when it is thrown.
   */
  Report run(JsonlReader lines) throws IOException, InterruptedException {
    long startNanos = System.nanoTime();
    setLastSuccess(startNanos);
    try {
      long started = 0;
      for (JsonlReader.Entry entry = lines.next(); entry != null; entry = lines.next()) {
        if (!reserve(entry.key())) {
          break;
        }
        send(new Attempt(entry, System.nanoTime() + retryFor.toNanos()));
        if (++started % PROGRESS_ENTRIES == 0) {
          progress.accept(started);
        }
      }
    } catch (CliException malformed) {
      awaitNoneInFlight();
      throw withCount(malformed);
    }
    awaitNoneInFlight();
    return report(startNanos);
  }

  private synchronized void setLastSuccess(long nanos) {
    lastSuccessNanos = nanos;
  }

  /** Waits until the key may be sent; false if an entry failed and nothing more may be. */
  private synchronized boolean reserve(ByteSequence key) throws InterruptedException {
    while (failure == null && (inFlight.size() >= inFlightMax || inFlight.contains(key))) {
      wait();
    }
    return failure == null && inFlight.add(key);
  }

  private void send(Attempt attempt) {
    CompletableFuture<PutResult> answer;
    try {
      answer = writer.put(attempt.entry.key(), attempt.entry.value());
    } catch (KvException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    answer.whenComplete(
        (result, error) -> {
          if (error == null) {
            succeeded(attempt);
          } else {
            failed(attempt, error);
          }
        });
  }

  private synchronized void succeeded(Attempt attempt) {
    written++;
    long now = System.nanoTime();
    longestGapNanos = Math.max(longestGapNanos, now - lastSuccessNanos);
    lastSuccessNanos = now;
    release(attempt);
  }

  private void failed(Attempt attempt, Throwable error) {
    KvException cause = error instanceof KvException kv ? kv : null;
    // A failure that nobody understands says nothing about the write.
    attempt.mayHaveHappened |= cause == null || cause.outcome() == Outcome.UNKNOWN;
    if (cause != null && isWorthRepeating(cause) && isTimeLeft(attempt)) {
      CompletableFuture.delayedExecutor(attempt.pauseMillis, TimeUnit.MILLISECONDS)
          .execute(() -> send(attempt));
      attempt.pauseMillis = Math.min(2 * attempt.pauseMillis, PAUSE_MILLIS_MAX);
      return;
    }
    giveUp(attempt, cause == null ? String.valueOf(error) : Kvctl.describe(cause), cause);
  }

  private static boolean isWorthRepeating(KvException e) {
    return e.reason().kind() == Reason.Kind.UNAVAILABLE
        || e.reason() == Reason.QUEUE_FULL
        || e.reason() == Reason.MEMORY_PRESSURE;
  }

  private synchronized boolean isTimeLeft(Attempt attempt) {
    boolean isLeft = failure == null && System.nanoTime() - attempt.giveUpNanos < 0;
    if (isLeft) {
      repeats++;
    }
    return isLeft;
  }

  private synchronized void giveUp(Attempt attempt, String why, @Nullable KvException cause) {
    if (attempt.mayHaveHappened) {
      uncertain++;
    }
    if (failure == null) {
      int exitCode = cause == null ? ExitCode.UNAVAILABLE : ExitCode.of(cause);
      if (attempt.mayHaveHappened && exitCode == ExitCode.UNAVAILABLE) {
        exitCode = ExitCode.OUTCOME_UNKNOWN;
      }
      failure = new CliException(exitCode, "line " + attempt.entry.line() + ": " + why);
    }
    release(attempt);
  }

  private synchronized void release(Attempt attempt) {
    inFlight.remove(attempt.entry.key());
    notifyAll();
  }

  private synchronized void awaitNoneInFlight() throws InterruptedException {
    while (!inFlight.isEmpty()) {
      wait();
    }
  }

  private synchronized Report report(long startNanos) {
    if (failure != null) {
      throw withCount(failure);
    }
    return new Report(written, System.nanoTime() - startNanos, longestGapNanos, repeats);
  }

  private synchronized CliException withCount(CliException e) {
    String maybe = uncertain == 0 ? "" : ", " + uncertain + " more may be";
    return new CliException(
        e.exitCode(), e.getMessage() + "; " + written + " lines are written for certain" + maybe);
  }
}
