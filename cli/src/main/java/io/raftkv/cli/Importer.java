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
 * <p>A write whose outcome is unknown is sent again. As long as nobody else writes the same keys,
 * putting the same value twice is the same as once; what somebody else wrote between the two is
 * overwritten, unless the writer puts on condition that the key is absent. A file may have a key
 * twice: the later line waits until the earlier one is written for certain. (Should a write that
 * was given up as unknown travel longer than its repetition and the next line together, it would
 * win; only a key that stands in the file twice can show it.)
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
   * @param entries that were written
   * @param longestGapNanos the longest time without a successful write
   * @param repeats how often a write was sent again
   * @param existing entries that were not written, because their condition found the key
   */
  record Report(long entries, long nanos, long longestGapNanos, long repeats, long existing) {}

  /** One entry on its way. */
  private static final class Attempt {
    final JsonlReader.Entry entry;
    long giveUpNanos;
    long pauseMillis = PAUSE_MILLIS_MIN;
    boolean mayHaveHappened;

    Attempt(JsonlReader.Entry entry) {
      this.entry = entry;
    }

    long bytes() {
      return entry.key().size() + entry.value().size();
    }
  }

  private static final long PAUSE_MILLIS_MIN = 10;
  private static final long PAUSE_MILLIS_MAX = 500;
  private static final long PROGRESS_ENTRIES = 500;

  /** Of keys and values under way; each exists several times on its way to the network. */
  private static final long IN_FLIGHT_BYTES_MAX = 16 << 20;

  private final Writer writer;
  private final int inFlightMax;
  private final Duration retryFor;
  private final LongConsumer progress;

  private final Set<ByteSequence> inFlight = new HashSet<>();
  private long inFlightBytes;
  private long written;
  private long existing;
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
   * @throws CliException if a line is malformed or cannot be read, or an entry cannot be written;
   *     says how many are written for certain. Nothing is under way any more when it is thrown.
   */
  Report run(JsonlReader lines) throws InterruptedException {
    long startNanos = System.nanoTime();
    setLastSuccess(startNanos);
    CliException unread = null;
    try {
      sendAll(lines);
    } catch (CliException malformed) {
      unread = malformed;
    } catch (IOException e) {
      unread = CliException.invalid(ErrorText.of(e));
    }
    awaitNoneInFlight();
    if (unread != null) {
      throw withAccount(unread);
    }
    return report(startNanos);
  }

  private void sendAll(JsonlReader lines) throws IOException, InterruptedException {
    long started = 0;
    for (JsonlReader.Entry entry = lines.next(); entry != null; entry = lines.next()) {
      Attempt attempt = new Attempt(entry);
      if (!reserve(attempt)) {
        return;
      }
      send(attempt);
      if (++started % PROGRESS_ENTRIES == 0) {
        progress.accept(started);
      }
    }
  }

  private synchronized void setLastSuccess(long nanos) {
    lastSuccessNanos = nanos;
  }

  /** Waits until the entry may be sent; false if another failed and nothing more may be. */
  private synchronized boolean reserve(Attempt attempt) throws InterruptedException {
    while (failure == null && !hasRoom(attempt)) {
      wait();
    }
    if (failure != null) {
      return false;
    }
    attempt.giveUpNanos = System.nanoTime() + retryFor.toNanos();
    inFlightBytes += attempt.bytes();
    return inFlight.add(attempt.entry.key());
  }

  private boolean hasRoom(Attempt attempt) {
    boolean isAlone = inFlight.isEmpty();
    return inFlight.size() < inFlightMax
        && !inFlight.contains(attempt.entry.key())
        && (isAlone || inFlightBytes + attempt.bytes() <= IN_FLIGHT_BYTES_MAX);
  }

  private void send(Attempt attempt) {
    CompletableFuture<PutResult> answer;
    try {
      answer = writer.put(attempt.entry.key(), attempt.entry.value());
    } catch (RuntimeException | Error e) {
      // On the thread of a repetition nobody would hear of it, and the entry would be awaited for
      // ever.
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
    settled(attempt);
  }

  private synchronized void found(Attempt attempt) {
    existing++;
    settled(attempt);
  }

  private synchronized void settled(Attempt attempt) {
    long now = System.nanoTime();
    longestGapNanos = Math.max(longestGapNanos, now - lastSuccessNanos);
    lastSuccessNanos = now;
    release(attempt);
  }

  private void failed(Attempt attempt, Throwable error) {
    KvException cause = error instanceof KvException kv ? kv : null;
    if (cause != null && cause.reason() == Reason.CONDITION_FAILED) {
      found(attempt);
      return;
    }
    // A failure that nobody understands says nothing about the write.
    attempt.mayHaveHappened |= cause == null || cause.outcome() == Outcome.UNKNOWN;
    if (cause != null && isWorthRepeating(cause) && isTimeLeft(attempt)) {
      CompletableFuture.delayedExecutor(attempt.pauseMillis, TimeUnit.MILLISECONDS)
          .execute(() -> send(attempt));
      attempt.pauseMillis = Math.min(2 * attempt.pauseMillis, PAUSE_MILLIS_MAX);
      return;
    }
    giveUp(attempt, cause == null ? String.valueOf(error) : ErrorText.of(cause), cause);
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
      failure = new CliException(exitCode, "line " + attempt.entry.line() + ": " + why);
    }
    release(attempt);
  }

  private synchronized void release(Attempt attempt) {
    inFlight.remove(attempt.entry.key());
    inFlightBytes -= attempt.bytes();
    notifyAll();
  }

  private synchronized void awaitNoneInFlight() throws InterruptedException {
    while (!inFlight.isEmpty()) {
      wait();
    }
  }

  private synchronized Report report(long startNanos) {
    if (failure != null) {
      throw withAccount(failure);
    }
    long nanos = System.nanoTime() - startNanos;
    return new Report(written, nanos, longestGapNanos, repeats, existing);
  }

  /** How far it is, for a person. */
  synchronized String account() {
    long maybe = uncertain + inFlight.size();
    return written
        + " lines are written for certain"
        + (maybe == 0 ? "" : ", " + maybe + " more may be");
  }

  /** The first failure decides, but what became of the other lines counts as well. */
  private synchronized CliException withAccount(CliException e) {
    boolean isCorrupt = e.exitCode() == ExitCode.CORRUPT;
    boolean claimsNothing = e.exitCode() == ExitCode.UNAVAILABLE;
    boolean isUnknown = !isCorrupt && (uncertain > 0 || (claimsNothing && written > 0));
    return new CliException(
        isUnknown ? ExitCode.OUTCOME_UNKNOWN : e.exitCode(), e.getMessage() + "; " + account());
  }
}
