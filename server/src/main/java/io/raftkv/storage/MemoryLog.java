package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A log that lives as long as its process. Thread-safe. */
public final class MemoryLog implements LogStore {
  private static final int CAPACITY_MIN = 64;

  private HardState hardState = HardState.INITIAL;
  private EntryId base = EntryId.ZERO;

  /** The entry at index i stands at {@code head + i - base.index() - 1}. */
  private @Nullable LogEntry[] entries = new LogEntry[CAPACITY_MIN];

  private int head;
  private int count;
  private long sizeBytes;

  @Override
  public synchronized HardState hardState() {
    return hardState;
  }

  @Override
  public synchronized EntryId base() {
    return base;
  }

  @Override
  public synchronized long lastIndex() {
    return base.index() + count;
  }

  @Override
  public synchronized void saveHardState(HardState hardState) {
    this.hardState = hardState;
  }

  @Override
  public synchronized void truncateFrom(long index) {
    Invariant.check(
        index > base.index(), "truncate from %d, log starts after %d", index, base.index());
    while (lastIndex() >= index) {
      count--;
      sizeBytes -= entry(count).sizeBytes();
      entries[head + count] = null;
    }
  }

  @Override
  public synchronized void append(List<LogEntry> added) {
    ensureRoom(added.size());
    for (int i = 0; i < added.size(); i++) {
      LogEntry entry = added.get(i);
      Invariant.check(
          entry.index() == lastIndex() + 1, "append %d after %d", entry.index(), lastIndex());
      entries[head + count++] = entry;
      sizeBytes += entry.sizeBytes();
    }
  }

  @Override
  public synchronized void compactTo(EntryId last) {
    if (last.index() <= base.index()) {
      return;
    }
    Invariant.check(
        last.index() <= lastIndex(), "compact to %d, last is %d", last.index(), lastIndex());
    int removed = (int) (last.index() - base.index());
    for (int i = 0; i < removed; i++) {
      sizeBytes -= entry(i).sizeBytes();
    }
    Arrays.fill(entries, head, head + removed, null);
    head += removed;
    count -= removed;
    base = last;
  }

  @Override
  public synchronized void resetTo(EntryId last) {
    entries = new LogEntry[CAPACITY_MIN];
    head = 0;
    count = 0;
    sizeBytes = 0;
    base = last;
  }

  @Override
  public void sync() {}

  @Override
  public synchronized List<LogEntry> read(long from, long toExclusive, long bytesMax) {
    if (from <= base.index() || from > lastIndex() || from >= toExclusive) {
      return List.of();
    }
    int first = (int) (from - base.index() - 1);
    int end = (int) (Math.min(toExclusive, lastIndex() + 1) - base.index() - 1);
    List<LogEntry> found = new ArrayList<>(Math.min(end - first, 256));
    long bytes = 0;
    for (int i = first; i < end; i++) {
      LogEntry entry = entry(i);
      bytes += entry.sizeBytes();
      if (bytes > bytesMax && !found.isEmpty()) {
        break;
      }
      found.add(entry);
    }
    return found;
  }

  @Override
  public synchronized long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void close() {}

  private LogEntry entry(int offset) {
    LogEntry entry = entries[head + offset];
    if (entry == null) {
      throw new IllegalStateException("no entry " + (base.index() + 1 + offset));
    }
    return entry;
  }

  private void ensureRoom(int added) {
    if (head + count + added <= entries.length) {
      return;
    }
    // Move down into what compaction freed, unless that would be done too often to pay.
    @Nullable LogEntry[] target = entries;
    if (count + added > entries.length / 2) {
      target = new LogEntry[Math.max(2 * entries.length, 2 * (count + added))];
    }
    System.arraycopy(entries, head, target, 0, count);
    if (target == entries) {
      Arrays.fill(entries, count, head + count, null);
    }
    entries = target;
    head = 0;
  }
}
