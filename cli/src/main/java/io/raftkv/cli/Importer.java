package io.raftkv.cli;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvException;
import io.raftkv.client.Outcome;
import io.raftkv.client.PutResult;
import io.raftkv.client.Reason;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes entries, several at a time, until all are written for certain.
 *
 * <p>Each is given to the writer once, which repeats it as long as that is safe. A file may have a
 * key twice: the later line waits until the earlier one is written for certain.
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
   * @param existing entries that were not written, because their condition found the key
   */
  record Report(long entries, long nanos, long longestGapNanos, long existing) {}

  private static final long PROGRESS_ENTRIES = 500;

  /** Of keys and values under way; each exists several times on its way to the network. */
  private static final long IN_FLIGHT_BYTES_MAX = 16 << 20;

  private final Writer writer;
  private final int inFlightMax;
  private final LongConsumer progress;

  private final Set<ByteSequence> inFlight = new HashSet<>();
  private long inFlightBytes;
  private long written;
  private long existing;
  private long uncertain;
  private long lastSuccessNanos;
  private long longestGapNanos;
  private @Nullable CliException failure;

  /**
   * @param progress told now and then how many entries are sent, on the thread of {@link #run}
   */
  Importer(Writer writer, int inFlightMax, LongConsumer progress) {
    this.writer = writer;
    this.inFlightMax = inFlightMax;
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
      if (!reserve(entry)) {
        return;
      }
      send(entry);
      if (++started % PROGRESS_ENTRIES == 0) {
        progress.accept(started);
      }
    }
  }

  private synchronized void setLastSuccess(long nanos) {
    lastSuccessNanos = nanos;
  }

  /** Waits until the entry may be sent; false if another failed and nothing more may be. */
  private synchronized boolean reserve(JsonlReader.Entry entry) throws InterruptedException {
    while (failure == null && !hasRoom(entry)) {
      wait();
    }
    if (failure != null) {
      return false;
    }
    inFlightBytes += bytes(entry);
    return inFlight.add(entry.key());
  }

  private boolean hasRoom(JsonlReader.Entry entry) {
    boolean isAlone = inFlight.isEmpty();
    return inFlight.size() < inFlightMax
        && !inFlight.contains(entry.key())
        && (isAlone || inFlightBytes + bytes(entry) <= IN_FLIGHT_BYTES_MAX);
  }

  private static long bytes(JsonlReader.Entry entry) {
    return entry.key().size() + entry.value().size();
  }

  private void send(JsonlReader.Entry entry) {
    writer
        .put(entry.key(), entry.value())
        .whenComplete(
            (result, error) -> {
              if (error == null) {
                succeeded(entry);
              } else {
                failed(entry, error);
              }
            });
  }

  private synchronized void succeeded(JsonlReader.Entry entry) {
    written++;
    settled(entry);
  }

  private synchronized void found(JsonlReader.Entry entry) {
    existing++;
    settled(entry);
  }

  private synchronized void settled(JsonlReader.Entry entry) {
    long now = System.nanoTime();
    longestGapNanos = Math.max(longestGapNanos, now - lastSuccessNanos);
    lastSuccessNanos = now;
    release(entry);
  }

  private void failed(JsonlReader.Entry entry, Throwable error) {
    KvException cause = error instanceof KvException kv ? kv : null;
    if (cause != null && cause.reason() == Reason.CONDITION_FAILED) {
      found(entry);
    } else {
      giveUp(entry, cause == null ? String.valueOf(error) : ErrorText.of(cause), cause);
    }
  }

  private synchronized void giveUp(
      JsonlReader.Entry entry, String why, @Nullable KvException cause) {
    // A failure that nobody understands says nothing about the write.
    if (cause == null || cause.outcome() == Outcome.UNKNOWN) {
      uncertain++;
    }
    if (failure == null) {
      int exitCode = cause == null ? ExitCode.UNAVAILABLE : ExitCode.of(cause);
      failure = new CliException(exitCode, "line " + entry.line() + ": " + why);
    }
    release(entry);
  }

  private synchronized void release(JsonlReader.Entry entry) {
    inFlight.remove(entry.key());
    inFlightBytes -= bytes(entry);
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
    return new Report(written, nanos, longestGapNanos, existing);
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
