package io.raftkv.storage;

import io.raftkv.raft.LogEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Entries that are encoded but not yet in a file, and where they will stand. */
final class PendingEntries {
  private final List<LogEntry> entries = new ArrayList<>();
  private int[] positions = new int[64];

  void add(LogEntry entry, int position) {
    int count = entries.size();
    if (count == positions.length) {
      positions = Arrays.copyOf(positions, 2 * count);
    }
    positions[count] = position;
    entries.add(entry);
  }

  int count() {
    return entries.size();
  }

  LogEntry get(int i) {
    return entries.get(i);
  }

  void cutFrom(long index) {
    while (!entries.isEmpty() && entries.get(entries.size() - 1).index() >= index) {
      entries.remove(entries.size() - 1);
    }
  }

  void clear() {
    entries.clear();
  }

  void moveTo(Segment segment) {
    for (int i = 0; i < entries.size(); i++) {
      LogEntry entry = entries.get(i);
      segment.add(entry.index(), positions[i], entry.data().length);
    }
    entries.clear();
  }
}
