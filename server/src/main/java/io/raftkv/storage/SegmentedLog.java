package io.raftkv.storage;

import static io.raftkv.storage.Records.ENTRIES_PREFIX_BYTES;
import static io.raftkv.storage.Records.ENTRY_HEADER_BYTES;
import static io.raftkv.storage.Records.RECORD_HEADER_BYTES;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.Failpoint;
import io.raftkv.raft.HardState;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log in files of fixed size, {@code wal-<sequence>-<first index>.seg}, zero-filled ahead of
 * need. See {@link Records} for the format and {@link LogRecovery} for how it is read back.
 *
 * <p>Records are built in one direct buffer; {@link #sync} makes of it one write and one sync. The
 * order that recovery relies on:
 *
 * <pre>
 * within a segment   write, sync, then the next batch
 * to the next one    sync the old one, write and sync the new header, rename, sync the folder,
 *                    note in the durable mark that it is there, then the first batch
 * away with old ones sync the mark, then delete, oldest first
 * </pre>
 *
 * <p>The index from entries to positions is in memory: 8 bytes per entry. Reads copy what they need
 * of it under a lock, all at once so that they see the log at one moment, and read the files
 * outside the lock.
 */
public final class SegmentedLog implements LogStore {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentedLog.class);

  /** Segments in production. */
  public static final int SEGMENT_BYTES = 64 << 20;

  private static final int SEGMENT_BYTES_MIN = 512;

  /** Beyond this the buffer is written, though not synced, before more is added. */
  private static final int BUFFER_BYTES_MAX = 8 << 20;

  /** An ENTRIES record does not grow beyond this, unless one entry does. */
  private static final int RECORD_BYTES_MAX = 1 << 20;

  private final VolumeFactory volumes;
  private final Identity identity;
  private final int segmentBytes;
  private final DurableMark durableMark;
  private final Executor executor;
  private final SegmentPreparer preparer;
  private final Object lock = new Object();

  /** Written under the lock by the writer, which may read it without. */
  private final LogTail tail;

  /** Oldest first, the last one is written. Changed under the lock by the writer. */
  private final List<Segment> segments = new ArrayList<>();

  /** Entries that are in the buffer and not yet in a file. Changed under the lock by the writer. */
  private final PendingEntries pending = new PendingEntries();

  private volatile @Nullable Throwable failure;
  private volatile long sizeBytes;

  /** Records below are durable. */
  private volatile long durableSequence;

  // Confined to the writer.
  private final RecordBuffer buffer;

  /** Where the buffer goes in the active segment. */
  private int writePosition;

  /** The same for other threads; behind it while records are buffered. */
  private volatile int activeBytes;

  private boolean isWritten;
  private boolean hasGarbage;

  /** Sequence of the first record since the latest sync. */
  private long batch;

  /**
   * Opens the log of a folder, or makes one.
   *
   * @param volumes the folder, used for nothing else
   * @param identity written into every segment, and checked
   * @param segmentBytes what a segment holds, unless a single entry is larger
   * @param salt of the checksums of a log that is made, best drawn at random; a log that exists has
   *     one
   * @param executor prepares the next segment, some 100 ms of writing, and deletes old ones; one
   *     task at a time, in order. To be ended after the log is closed, before it is opened again
   * @throws DamagedException if what is there cannot be trusted
   */
  public SegmentedLog(
      VolumeFactory volumes, Identity identity, int segmentBytes, long salt, Executor executor) {
    this(volumes, identity, segmentBytes, salt, executor, DurableMark.NONE);
  }

  /** As above, and refuses a log that ends before the mark, or is gone. */
  SegmentedLog(
      VolumeFactory volumes,
      Identity identity,
      int segmentBytes,
      long salt,
      Executor executor,
      DurableMark durableMark) {
    if (segmentBytes < SEGMENT_BYTES_MIN) {
      throw new IllegalArgumentException("segments of " + segmentBytes + " bytes");
    }
    this.volumes = volumes;
    this.identity = identity;
    this.segmentBytes = segmentBytes;
    this.durableMark = durableMark;
    LogRecovery recovery = new LogRecovery(volumes, identity, durableMark);
    recovery.run();
    tail = recovery.tail();
    buffer = new RecordBuffer(tail);
    segments.addAll(recovery.segments());
    writePosition = recovery.tailPosition();
    activeBytes = writePosition;
    if (recovery.tornBytes() > 0) {
      LOG.warn(
          "{}/{}: the {} bytes at offset {} are cut off, a write that did not complete",
          volumes.location(),
          segments.get(segments.size() - 1).name,
          recovery.tornBytes(),
          writePosition);
    }
    this.executor = executor;
    preparer = new SegmentPreparer(volumes, segmentBytes, executor);
    if (segments.isEmpty()) {
      tail.salt = salt;
      startSegment(1);
    } else {
      preparer.beginAgain();
      becameDurable();
      // What was cut off just now was never promised; what is left now is.
      durableMark.noteDurable(durableSequence);
    }
    hasGarbage = true;
    updateSize();
  }

  @Override
  public HardState hardState() {
    synchronized (lock) {
      return tail.hardState;
    }
  }

  @Override
  public EntryId base() {
    synchronized (lock) {
      return tail.base;
    }
  }

  @Override
  public long lastIndex() {
    synchronized (lock) {
      return tail.lastIndex;
    }
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  /**
   * Without limit while the file after the active one is there, or on its way; else the disk is
   * full or failing, and the log fails when the active one is full.
   */
  @Override
  public long roomBytes() {
    return preparer.hasFailed() ? Math.max(0, segmentBytes - activeBytes) : Long.MAX_VALUE;
  }

  /** The disk has room: tries again to make the next file, if that failed. For any thread. */
  public void reserveAgain() {
    preparer.beginIfFailed();
  }

  @Override
  public void saveHardState(HardState hardState) {
    write(
        () -> {
          begin(Records.HARD_STATE, 16)
              .putLong(hardState.term())
              .putLong(hardState.votedFor().value());
          buffer.end();
          synchronized (lock) {
            tail.hardState = hardState;
          }
        });
  }

  @Override
  public void truncateFrom(long index) {
    write(
        () -> {
          long base = tail.base.index();
          Invariant.check(index > base, "truncate from %d, log starts after %d", index, base);
          if (index > tail.lastIndex) {
            return;
          }
          begin(Records.TRUNCATE, 8).putLong(index);
          buffer.end();
          synchronized (lock) {
            segments.forEach(segment -> segment.cutFrom(index));
            pending.cutFrom(index);
            tail.truncateFrom(index);
          }
        });
  }

  @Override
  public void append(List<LogEntry> entries) {
    write(
        () -> {
          int next = 0;
          while (next < entries.size()) {
            next = appendRecord(entries, next);
          }
        });
  }

  /** Appends as many entries as one record takes; returns the position of the one after. */
  private int appendRecord(List<LogEntry> entries, int from) {
    int bodyBytes = ENTRIES_PREFIX_BYTES + entryBytes(entries.get(from));
    reserve(Records.recordBytes(bodyBytes));
    int bodyBytesMax = Math.min(RECORD_BYTES_MAX, room()) - RECORD_HEADER_BYTES - 8;
    int to = from + 1;
    while (to < entries.size() && bodyBytes + entryBytes(entries.get(to)) <= bodyBytesMax) {
      bodyBytes += entryBytes(entries.get(to++));
    }
    begin(Records.ENTRIES, bodyBytes).putLong(tail.lastIndex + 1).putInt(to - from).putInt(0);
    synchronized (lock) {
      for (int i = from; i < to; i++) {
        LogEntry entry = entries.get(i);
        long last = tail.lastIndex;
        Invariant.check(entry.index() == last + 1, "append %d after %d", entry.index(), last);
        pending.add(entry, writePosition + buffer.put(entry));
        tail.lastIndex = entry.index();
        tail.lastTerm = entry.term();
      }
    }
    buffer.end();
    return to;
  }

  private static int entryBytes(LogEntry entry) {
    return ENTRY_HEADER_BYTES + entry.data().length;
  }

  @Override
  public void compactTo(EntryId last) {
    write(
        () -> {
          if (last.index() > tail.base.index()) {
            long lastIndex = tail.lastIndex;
            Invariant.check(
                last.index() <= lastIndex, "compact to %d, last is %d", last.index(), lastIndex);
            mark(last, false);
            synchronized (lock) {
              tail.base = last;
            }
          }
        });
  }

  @Override
  public void resetTo(EntryId last) {
    write(
        () -> {
          mark(last, true);
          synchronized (lock) {
            segments.forEach(segment -> segment.cutFrom(0));
            pending.clear();
            tail.resetTo(last);
          }
        });
  }

  private void mark(EntryId last, boolean isReset) {
    begin(Records.SNAPSHOT_MARK, 24)
        .putLong(last.index())
        .putLong(last.term())
        .putLong(isReset ? 1 : 0);
    buffer.end();
    hasGarbage = true;
  }

  @Override
  public void sync() {
    write(
        () -> {
          flush();
          syncActive();
          if (hasGarbage) {
            hasGarbage = false;
            dropOldSegments();
          }
        });
  }

  /** Whatever fails here leaves a state on disk that is not known: nothing is written any more. */
  private void write(Runnable operation) {
    Throwable earlier = failure;
    if (earlier != null) {
      throw new UncheckedIOException(
          new IOException("the log failed before and takes no more writes", earlier));
    }
    try {
      operation.run();
    } catch (RuntimeException | Error e) {
      failure = e;
      throw e;
    }
  }

  /** Starts a record, in this segment or the next one; the body follows. */
  private ByteBuffer begin(int type, int bodyBytes) {
    int recordBytes = Records.recordBytes(bodyBytes);
    reserve(recordBytes);
    if (buffer.size() > 0 && buffer.size() + recordBytes > BUFFER_BYTES_MAX) {
      flush();
    }
    return buffer.begin(type, bodyBytes, batch);
  }

  /** Goes to the next segment if a record of this size does not fit this one. */
  private void reserve(int recordBytes) {
    if (recordBytes > room() && writePosition + buffer.size() > SegmentHeader.RECORD_BYTES) {
      flush();
      syncActive();
      startSegment(active().sequence + 1);
    }
  }

  private int room() {
    return segmentBytes - writePosition - buffer.size();
  }

  private Segment active() {
    return segments.get(segments.size() - 1);
  }

  /** One write of all that is buffered. */
  private void flush() {
    if (buffer.size() == 0) {
      return;
    }
    Segment active = active();
    writePosition += buffer.writeTo(active.volume, writePosition);
    isWritten = true;
    activeBytes = writePosition;
    synchronized (lock) {
      pending.moveTo(active);
    }
    if (writePosition > segmentBytes) {
      updateSize();
    }
  }

  private void syncActive() {
    if (isWritten) {
      active().volume.sync();
      isWritten = false;
    }
    becameDurable();
  }

  private void becameDurable() {
    batch = tail.sequence;
    durableSequence = tail.sequence;
  }

  /**
   * Notes outside of the log how far it is durable: damage before that is never taken for a write
   * that a crash cut short. Done at every new segment and at the end too. For any thread.
   */
  public void noteDurable() {
    if (failure == null) {
      durableMark.noteDurable(durableSequence);
    }
  }

  private void startSegment(long sequence) {
    SegmentHeader header =
        new SegmentHeader(
            SegmentHeader.FORMAT,
            sequence,
            identity,
            tail.lastIndex + 1,
            lastTerm(),
            tail.hardState,
            tail.base,
            tail.salt);
    SegmentPreparer.Prepared prepared = preparer.take();
    prepared.volume().putData(0, buffer.first(header));
    prepared.volume().sync();
    Failpoint.BEFORE_SEGMENT_RENAME.pass();
    volumes.rename(prepared.name(), header.fileName());
    Failpoint.AFTER_SEGMENT_RENAME.pass();
    volumes.syncDirectory();
    Segment segment =
        new Segment(header.fileName(), sequence, prepared.volume(), tail.lastIndex + 1);
    synchronized (lock) {
      segments.add(segment);
    }
    preparer.begin();
    writePosition = SegmentHeader.RECORD_BYTES;
    activeBytes = writePosition;
    becameDurable();
    durableMark.noteDurable(durableSequence);
    updateSize();
  }

  private long lastTerm() {
    long last = tail.lastIndex;
    if (last == tail.base.index()) {
      return tail.base.term();
    }
    if (tail.lastTerm == LogTail.UNKNOWN_TERM) {
      tail.lastTerm = read(last, last + 1, 0).get(0).term();
    }
    return tail.lastTerm;
  }

  /** Deletes the segments before the one with the first entry that is kept. */
  private void dropOldSegments() {
    List<Segment> dropped;
    synchronized (lock) {
      long first = tail.base.index() + 1;
      int kept = 0;
      while (kept < segments.size() - 1 && segments.get(kept).hasNothingFrom(first)) {
        kept++;
      }
      dropped = List.copyOf(segments.subList(0, kept));
      segments.subList(0, kept).clear();
      dropped.forEach(Segment::drop);
    }
    if (!dropped.isEmpty()) {
      updateSize();
      executor.execute(() -> delete(dropped));
    }
  }

  /** Oldest first. What remains after a failure is a remnant that recovery takes away. */
  private void delete(List<Segment> dropped) {
    try {
      Failpoint.BEFORE_LOG_CUT.pass();
      for (Segment segment : dropped) {
        volumes.delete(segment.name);
        Failpoint.AFTER_LOG_CUT.pass();
      }
      volumes.syncDirectory();
    } catch (UncheckedIOException e) {
      LOG.warn("{}: old segments could not be deleted: {}", volumes.location(), e.getMessage());
    }
  }

  private void updateSize() {
    long bytes = 0;
    for (Segment segment : segments) {
      bytes += segment.volume.length();
    }
    sizeBytes = bytes;
  }

  @Override
  public List<LogEntry> read(long from, long toExclusive, long bytesMax) {
    ReadPlan plan = new ReadPlan(volumes.location());
    synchronized (lock) {
      Throwable earlier = failure;
      if (earlier != null) {
        throw new UncheckedIOException(new IOException("the log failed before", earlier));
      }
      if (from <= tail.base.index()) {
        return List.of();
      }
      plan.add(segments, pending, from, Math.min(toExclusive, tail.lastIndex + 1), bytesMax);
      plan.acquire();
    }
    try {
      return plan.read();
    } finally {
      synchronized (lock) {
        plan.release();
      }
    }
  }

  /**
   * A segment that is no longer written.
   *
   * @param nextName the segment that follows
   * @param throughIndex the last entry here or before; {@link #base} at least
   */
  record Sealed(String name, String nextName, long throughIndex) {}

  /** All but the segment that is written, oldest first. For any thread. */
  List<Sealed> sealed() {
    synchronized (lock) {
      List<Sealed> sealed = new ArrayList<>();
      long through = tail.base.index();
      for (int i = 0; i < segments.size() - 1; i++) {
        Segment segment = segments.get(i);
        if (!segment.isEmpty()) {
          through = Math.max(through, segment.endIndex() - 1);
        }
        sealed.add(new Sealed(segment.name, segments.get(i + 1).name, through));
      }
      return sealed;
    }
  }

  /** Verifies one from the disk. For any thread. */
  SegmentVerifier verifier(Sealed segment) {
    return new SegmentVerifier(volumes, segment.name(), segment.nextName());
  }

  @Override
  public void close() {
    noteAtEnd();
    synchronized (lock) {
      if (failure == null) {
        failure = new IOException("the log is closed");
      }
      preparer.close();
      segments.forEach(Segment::drop);
      segments.clear();
    }
  }

  private void noteAtEnd() {
    try {
      noteDurable();
    } catch (UncheckedIOException e) {
      LOG.warn(
          "{}: how far the log is durable was not noted: {}", volumes.location(), e.getMessage());
    }
  }
}
