package io.raftkv.storage;

import io.raftkv.raft.SnapshotMeta;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads again and again what lies on the disk and is seldom read otherwise: the segments of the log
 * that are no longer written, and the snapshots. So damage is found while there are other copies,
 * and not on the day that one is needed.
 *
 * <p>Each turn verifies a bounded number of bytes, past the cache of the file system where that can
 * be done. Turns are taken by one thread at a time; the figures are for any.
 */
public final class Scrub implements Runnable, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);

  /** Who mends what was found. Quick; called by the thread that takes the turns. */
  public interface Findings {
    /** The log cannot be read back everywhere up to this entry, the last one of a segment. */
    void logDamaged(long throughIndex);

    void snapshotDamaged(SnapshotMeta meta);
  }

  /** A file that is being verified; opened with the first bytes. */
  private interface Work extends AutoCloseable {
    /** Returns how many bytes were verified, 0 at the end. */
    long verify(long bytesMax) throws IOException;

    void report(Findings findings);

    @Override
    void close();
  }

  private final SegmentedLog log;
  private final SnapshotFiles snapshots;
  private final long turnBytes;
  private final Findings findings;

  /** What this round has still to do; the first one is under way. */
  private final Deque<Work> round = new ArrayDeque<>();

  private volatile long bytesVerified;
  private volatile long filesVerified;
  private volatile long damagesFound;

  /**
   * @param turnBytes verified in one turn, about
   */
  public Scrub(SegmentedLog log, SnapshotFiles snapshots, long turnBytes, Findings findings) {
    this.log = log;
    this.snapshots = snapshots;
    this.turnBytes = turnBytes;
    this.findings = findings;
  }

  /** Verifies the next bytes; begins anew when everything was verified. */
  @Override
  public void run() {
    if (round.isEmpty()) {
      log.sealed().forEach(segment -> round.add(new SegmentWork(segment)));
      snapshots.all().forEach(meta -> round.add(new SnapshotWork(meta)));
    }
    Work work = round.peek();
    if (work != null && !goOn(work)) {
      round.remove();
      work.close();
    }
  }

  /** Returns whether there is more to verify in this file. */
  private boolean goOn(Work work) {
    try {
      long bytes = work.verify(turnBytes);
      bytesVerified += bytes;
      if (bytes == 0) {
        filesVerified++;
      }
      return bytes > 0;
    } catch (IOException | UncheckedIOException e) {
      if (!isGone(e)) {
        damagesFound++;
        LOG.error("found at rest: {}", e.getMessage());
        work.report(findings);
      }
      return false;
    }
  }

  /** A newer snapshot has taken its place. */
  private static boolean isGone(Exception e) {
    return e instanceof NoSuchFileException || e.getCause() instanceof NoSuchFileException;
  }

  /** Since the start, in bytes. */
  public long bytesVerified() {
    return bytesVerified;
  }

  /** Since the start; each file once in a round. */
  public long filesVerified() {
    return filesVerified;
  }

  /** Files found damaged since the start; again in each round until they are gone. */
  public long damagesFound() {
    return damagesFound;
  }

  /** After the last turn. */
  @Override
  public void close() {
    round.forEach(Work::close);
    round.clear();
  }

  private final class SegmentWork implements Work {
    private final SegmentedLog.Sealed segment;
    private @Nullable SegmentVerifier verifier;

    SegmentWork(SegmentedLog.Sealed segment) {
      this.segment = segment;
    }

    @Override
    public long verify(long bytesMax) {
      if (verifier == null) {
        verifier = log.verifier(segment);
      }
      return verifier.verify(bytesMax);
    }

    @Override
    public void report(Findings told) {
      told.logDamaged(segment.throughIndex());
    }

    @Override
    public void close() {
      if (verifier != null) {
        verifier.close();
      }
    }
  }

  private final class SnapshotWork implements Work {
    private final SnapshotMeta meta;
    private @Nullable Volume volume;
    private @Nullable SnapshotReader reader;

    SnapshotWork(SnapshotMeta meta) {
      this.meta = meta;
    }

    @Override
    public long verify(long bytesMax) throws IOException {
      try {
        if (reader == null) {
          volume = snapshots.openFromDisk(meta.index());
          reader = new SnapshotReader(volume);
        }
        return reader.verify(bytesMax);
      } catch (IOException e) {
        throw new IOException(snapshots.location(meta.index()) + ": " + e.getMessage(), e);
      }
    }

    @Override
    public void report(Findings told) {
      told.snapshotDamaged(meta);
    }

    @Override
    public void close() {
      if (volume != null) {
        volume.close();
      }
    }
  }
}
