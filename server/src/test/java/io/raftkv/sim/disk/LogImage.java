package io.raftkv.sim.disk;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import java.util.Arrays;

/** A log as it is at one level: as readers see it, or as a power cut would leave it. */
public final class LogImage {
  private HardState hardState = HardState.INITIAL;
  private EntryId base = EntryId.ZERO;
  private LogEntry[] entries = new LogEntry[64];
  private int first;
  private int size;

  public HardState hardState() {
    return hardState;
  }

  public EntryId base() {
    return base;
  }

  public long lastIndex() {
    return base.index() + size;
  }

  /** Whether the entry itself is here. */
  public boolean holds(long index) {
    return index > base.index() && index <= lastIndex();
  }

  public LogEntry entry(long index) {
    if (!holds(index)) {
      throw new IllegalArgumentException(index + " is not in the log");
    }
    return entries[first + (int) (index - base.index()) - 1];
  }

  /** The term of an entry that is here or of the base; -1 for any other one. */
  public long termAt(long index) {
    if (index == base.index()) {
      return base.term();
    }
    return holds(index) ? entry(index).term() : -1;
  }

  void saveHardState(HardState saved) {
    hardState = saved;
  }

  void append(LogEntry entry) {
    if (first + size == entries.length) {
      LogEntry[] larger = size > entries.length / 2 ? new LogEntry[2 * entries.length] : entries;
      System.arraycopy(entries, first, larger, 0, size);
      entries = larger;
      first = 0;
    }
    entries[first + size++] = entry;
  }

  void truncateFrom(long index) {
    int kept = (int) Math.max(0, index - 1 - base.index());
    if (kept < size) {
      Arrays.fill(entries, first + kept, first + size, null);
      size = kept;
    }
  }

  void compactTo(long index) {
    if (holds(index)) {
      EntryId last = new EntryId(index, termAt(index));
      int dropped = (int) (index - base.index());
      Arrays.fill(entries, first, first + dropped, null);
      first += dropped;
      size -= dropped;
      base = last;
    }
  }

  void resetTo(EntryId last) {
    Arrays.fill(entries, first, first + size, null);
    first = 0;
    size = 0;
    base = last;
  }

  void copyFrom(LogImage other) {
    hardState = other.hardState;
    base = other.base;
    size = other.size;
    first = 0;
    entries = Arrays.copyOfRange(other.entries, other.first, other.first + Math.max(64, size));
  }
}
