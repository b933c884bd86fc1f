package io.raftkv.storage;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the files of segments ahead of need: zero-filled and synced under a temporary name, so that
 * a sync of the log never has to allocate blocks. The one that is ready is also the reserve that
 * keeps the log going for a while on a full disk.
 *
 * <p>Used by the writer, unless it says otherwise; the work runs on the executor.
 */
final class SegmentPreparer {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentPreparer.class);

  /** A file that is not filled yet. A crash may leave it behind. */
  static final String SUFFIX = ".tmp";

  /** The one that is ready; it waits for its use, also through a restart. */
  private static final String SPARE = "spare";

  private static final int FILL_BYTES = 1 << 20;

  /** Never written. */
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(FILL_BYTES).asReadOnlyBuffer();

  record Prepared(String name, Volume volume) {}

  private final VolumeFactory volumes;
  private final int segmentBytes;
  private final Executor executor;
  private long number;
  private volatile @Nullable CompletableFuture<Prepared> next;

  /** The last file could not be made: the disk is full, or failing. */
  private volatile boolean hasFailed;

  SegmentPreparer(VolumeFactory volumes, int segmentBytes, Executor executor) {
    this.volumes = volumes;
    this.segmentBytes = segmentBytes;
    this.executor = executor;
  }

  /**
   * Takes over what an earlier process made ready, else starts to prepare a file. It is as good as
   * new: what a crash may have left in it is a header that the next one overwrites.
   */
  void beginAgain() {
    if (volumes.exists(SPARE)) {
      Volume spare = volumes.open(SPARE);
      if (spare.length() == segmentBytes) {
        next = CompletableFuture.completedFuture(new Prepared(SPARE, spare));
        return;
      }
      spare.close();
      volumes.delete(SPARE);
    }
    begin();
  }

  /** Starts to prepare the next file. */
  synchronized void begin() {
    String name = nextName();
    CompletableFuture<Prepared> future = new CompletableFuture<>();
    next = future;
    executor.execute(
        () -> {
          try {
            future.complete(prepare(name));
          } catch (Throwable e) {
            // Whatever it is: the writer must not wait for ever.
            future.completeExceptionally(e);
          }
        });
  }

  /** Starts once more if the last attempt failed. For any thread. */
  synchronized void beginIfFailed() {
    CompletableFuture<Prepared> future = next;
    if (future != null && future.isCompletedExceptionally()) {
      begin();
    }
  }

  /** Whether the active file is the last one that there is room for. For any thread. */
  boolean hasFailed() {
    return hasFailed;
  }

  /** The next file; waits for it, and tries once more here if preparing it failed. */
  Prepared take() {
    CompletableFuture<Prepared> future = takeNext();
    if (future != null && !future.isCompletedExceptionally()) {
      try {
        return future.join();
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof UncheckedIOException)) {
          throw e;
        }
      }
    }
    return prepare(nextName());
  }

  private synchronized @Nullable CompletableFuture<Prepared> takeNext() {
    CompletableFuture<Prepared> future = next;
    next = null;
    return future;
  }

  void close() {
    CompletableFuture<Prepared> future = next;
    if (future != null) {
      future.thenAccept(prepared -> prepared.volume.close());
    }
  }

  private String nextName() {
    return "next-" + ++number + SUFFIX;
  }

  private Prepared prepare(String name) {
    Volume volume = volumes.create(name);
    try {
      fill(volume, 0, segmentBytes);
      volume.sync();
      volumes.rename(name, SPARE);
      hasFailed = false;
      return new Prepared(SPARE, volume);
    } catch (UncheckedIOException e) {
      if (!hasFailed) {
        LOG.warn(
            "{}: no room for the next file of the log, {} bytes: {}",
            volumes.location(),
            segmentBytes,
            e.getMessage());
      }
      hasFailed = true;
      try {
        // Half a segment would only keep a full disk full.
        volume.close();
        volumes.delete(name);
      } catch (UncheckedIOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  /** Writes zeros. */
  static void fill(Volume volume, long from, long toExclusive) {
    SpreadSync spreadSync = new SpreadSync(volume);
    for (long offset = from; offset < toExclusive; offset += FILL_BYTES) {
      int length = (int) Math.min(FILL_BYTES, toExclusive - offset);
      volume.putData(offset, ZEROS.duplicate().limit(length));
      spreadSync.written(length);
    }
  }
}
