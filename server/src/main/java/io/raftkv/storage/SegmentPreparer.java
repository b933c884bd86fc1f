package io.raftkv.storage;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Makes the files of segments ahead of need: zero-filled and synced under a temporary name, so that
 * a sync of the log never has to allocate blocks. The one that is ready is also the reserve that
 * keeps the log going for a while on a full disk.
 *
 * <p>Used by the writer; the work runs on the executor.
 */
final class SegmentPreparer {
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
  void begin() {
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

  /** Whether the next file is there, or on its way. For any thread. */
  boolean isReserved() {
    CompletableFuture<Prepared> future = next;
    return future != null && !future.isCompletedExceptionally();
  }

  /** The next file; waits for it, and tries once more here if preparing it failed. */
  Prepared take() {
    CompletableFuture<Prepared> future = next;
    next = null;
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
      return new Prepared(SPARE, volume);
    } catch (UncheckedIOException e) {
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
