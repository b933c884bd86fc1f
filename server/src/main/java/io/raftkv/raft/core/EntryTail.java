package io.raftkv.raft.core;

import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries of the log, kept in memory so that the core never reads the disk. A ring of
 * consecutive entries; the oldest go when nobody needs them any more, or the budget is exceeded.
 */
final class EntryTail {
  private final long budgetBytes;

  /** What entries may take of it that nobody needs any more. */
  private final long doneBytes;

  /** Its length is a power of two. */
  private @Nullable LogEntry[] ring = new @Nullable LogEntry[64];

  /** Index of the oldest entry here; one past the log's last if there is none. */
  private long firstIndex;

  private int size;
  private long bytes;

  EntryTail(long budgetBytes, long doneBytes, long firstIndex) {
    this.budgetBytes = budgetBytes;
    this.doneBytes = doneBytes;
    this.firstIndex = firstIndex;
  }

  long firstIndex() {
    return firstIndex;
  }

  boolean contains(long index) {
    return index >= firstIndex && index < firstIndex + size;
  }

  LogEntry get(long index) {
    LogEntry entry = contains(index) ? ring[slot(index)] : null;
    if (entry == null) {
      throw Invariant.broken("entry %d is not in the tail %d+%d", index, firstIndex, size);
    }
    return entry;
  }

  void append(LogEntry entry) {
    Invariant.check(
        entry.index() == firstIndex + size,
        "entry %d after %d+%d",
        entry.index(),
        firstIndex,
        size);
    if (size == ring.length) {
      grow();
    }
    ring[slot(entry.index())] = entry;
    size++;
    bytes += entry.sizeBytes();
  }

  void truncateFrom(long index) {
    while (size > 0 && firstIndex + size > index) {
      long last = firstIndex + size - 1;
      bytes -= get(last).sizeBytes();
      ring[slot(last)] = null;
      size--;
    }
    firstIndex = Math.min(firstIndex, index);
  }

  /**
   * Lets the oldest entries go: while over budget, but none after {@code lastRemovable}; and up to
   * {@code lastDone} all but few of them, so that the collector finds them young.
   */
  void evict(long lastRemovable, long lastDone) {
    while (size > 0
        && ((bytes > budgetBytes && firstIndex <= lastRemovable)
            || (bytes > doneBytes && firstIndex <= lastDone))) {
      removeFirst();
    }
  }

  /** Lets everything up to {@code index} go: the log no longer has it. */
  void removeTo(long index) {
    while (size > 0 && firstIndex <= index) {
      removeFirst();
    }
    firstIndex = Math.max(firstIndex, index + 1);
  }

  void reset(long newFirstIndex) {
    while (size > 0) {
      removeFirst();
    }
    firstIndex = newFirstIndex;
  }

  /** Entries from {@code from} on, while they fit the limits; at least one if there is one. */
  List<LogEntry> slice(long from, long toExclusive, int entriesMax, long bytesMax) {
    long end = Math.min(toExclusive, Math.min(firstIndex + size, from + entriesMax));
    if (end <= from) {
      return List.of();
    }
    List<LogEntry> entries = new ArrayList<>((int) (end - from));
    long total = 0;
    for (long index = from; index < end; index++) {
      LogEntry entry = get(index);
      total += entry.sizeBytes();
      if (total > bytesMax && index > from) {
        break;
      }
      entries.add(entry);
    }
    return entries;
  }

  private void removeFirst() {
    bytes -= get(firstIndex).sizeBytes();
    ring[slot(firstIndex)] = null;
    firstIndex++;
    size--;
  }

  private int slot(long index) {
    return (int) (index & (ring.length - 1));
  }

  private void grow() {
    @Nullable LogEntry[] old = ring;
    ring = new @Nullable LogEntry[2 * old.length];
    for (long index = firstIndex; index < firstIndex + size; index++) {
      ring[slot(index)] = old[(int) (index & (old.length - 1))];
    }
  }
}
