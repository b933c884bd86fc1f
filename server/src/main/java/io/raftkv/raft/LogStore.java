package io.raftkv.raft;

import java.util.List;

/**
 * The log on disk, and with it term and vote.
 *
 * <p>Writing belongs to one thread, the log lane: {@link #saveHardState}, {@link #truncateFrom},
 * {@link #append}, {@link #compactTo} and {@link #resetTo} only buffer; {@link #sync} makes all of
 * it durable, in order, in one write and one sync. Reading is for any thread at any time: it sees
 * what was appended, whether synced or not, and never a damaged entry.
 *
 * <p>An {@link java.io.UncheckedIOException} from any writing method means that the store is dead:
 * it must not be written again (what a failed sync left in the page cache is not known), and the
 * node stops.
 */
public interface LogStore extends AutoCloseable {
  /** Term and vote as last saved; {@link HardState#INITIAL} in a new store. */
  HardState hardState();

  /** The place before the first entry that is kept: what {@link #compactTo} or reset left. */
  EntryId base();

  /** Index of the last entry; that of {@link #base} if there is none. */
  long lastIndex();

  /** Buffers term and vote: one atomic record. */
  void saveHardState(HardState hardState);

  /** Buffers the removal of every entry from {@code index} on. No effect beyond the last one. */
  void truncateFrom(long index);

  /** Buffers entries; the first one follows {@link #lastIndex}. */
  void append(List<LogEntry> entries);

  /**
   * Buffers that entries up to {@code last}, inclusive, are no longer needed. The caller has made a
   * snapshot durable that includes them. The store may keep more than it must; {@link #base} tells.
   */
  void compactTo(EntryId last);

  /**
   * Buffers the removal of the whole log, which then starts after {@code last}: a snapshot that
   * includes {@code last} is durable and replaces it. Term and vote stay.
   */
  void resetTo(EntryId last);

  /** Makes everything buffered durable. On return it survives a power cut. */
  void sync();

  /**
   * Entries from {@code from} on, as many as fit {@code bytesMax}, but at least one if there is
   * one; ends before {@code toExclusive}. Empty if {@code from} is not in the log (any more), which
   * a concurrent truncation or compaction can bring about. For any thread.
   *
   * @throws java.io.UncheckedIOException if an entry is damaged or cannot be read
   */
  List<LogEntry> read(long from, long toExclusive, long bytesMax);

  /**
   * Bytes of entries, with their overhead, that it takes for sure before it needs more of the disk.
   * For any thread, as of the writer's latest turn.
   */
  default long roomBytes() {
    return Long.MAX_VALUE;
  }

  /** Bytes on disk, or in memory for a store without one. For any thread. */
  long sizeBytes();

  @Override
  void close();
}
