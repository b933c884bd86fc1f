package io.raftkv.storage;

import static io.raftkv.storage.Records.ENTRY_HEADER_BYTES;

import io.raftkv.raft.LogEntry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One read of the log: first, under the lock of the log, which entries and where they are; then,
 * outside of it, the reading. What is planned at one moment is a log that existed, whatever is
 * truncated meanwhile; the files are append-only and stay open until they are released.
 */
final class ReadPlan {
  /** Neighbours in a file are read together up to this many bytes, and across small gaps. */
  private static final int SPAN_BYTES_MAX = 1 << 20;

  private static final int GAP_BYTES_MAX = 4 << 10;

  private record Extent(Segment segment, long firstIndex, int[] positions, int[] dataLengths) {
    int end(int i) {
      return positions[i] + ENTRY_HEADER_BYTES + dataLengths[i];
    }
  }

  private final String location;
  private final Records records = new Records();
  private final List<Extent> extents = new ArrayList<>();
  private final List<LogEntry> fromMemory = new ArrayList<>();
  private long bytesPlanned;
  private boolean isFull;

  ReadPlan(String location) {
    this.location = location;
  }

  /** Plans entries from {@code from} on. Under the lock. */
  void add(
      List<Segment> segments, PendingEntries pending, long from, long toExclusive, long bytesMax) {
    int first = segments.size();
    while (first > 0 && segments.get(first - 1).hasNothingUpTo(from)) {
      first--;
    }
    long next = from;
    for (int i = Math.max(0, first - 1); i < segments.size() && next < toExclusive; i++) {
      Segment segment = segments.get(i);
      if (segment.contains(next)) {
        next = addExtent(segment, next, Math.min(toExclusive, segment.endIndex()), bytesMax);
      }
    }
    for (int i = 0; i < pending.count(); i++) {
      LogEntry entry = pending.get(i);
      if (entry.index() == next && next < toExclusive && fits(entry.data().length, bytesMax)) {
        fromMemory.add(entry);
        next++;
      }
    }
  }

  private long addExtent(Segment segment, long from, long toExclusive, long bytesMax) {
    long to = from;
    while (to < toExclusive && fits(segment.dataLength(to), bytesMax)) {
      to++;
    }
    int count = (int) (to - from);
    int[] positions = new int[count];
    int[] dataLengths = new int[count];
    for (int i = 0; i < count; i++) {
      positions[i] = segment.position(from + i);
      dataLengths[i] = segment.dataLength(from + i);
    }
    if (count > 0) {
      extents.add(new Extent(segment, from, positions, dataLengths));
    }
    return to;
  }

  private boolean fits(int dataLength, long bytesMax) {
    long bytes = dataLength + LogEntry.OVERHEAD_BYTES;
    if (isFull || (bytesPlanned > 0 && bytesPlanned + bytes > bytesMax)) {
      isFull = true;
      return false;
    }
    bytesPlanned += bytes;
    return true;
  }

  /** Under the lock. */
  void acquire() {
    extents.forEach(extent -> extent.segment.acquire());
  }

  /** Under the lock. */
  void release() {
    extents.forEach(extent -> extent.segment.release());
  }

  /** Reads and verifies. */
  List<LogEntry> read() {
    if (extents.isEmpty()) {
      return fromMemory;
    }
    List<LogEntry> found = new ArrayList<>();
    for (Extent extent : extents) {
      int count = extent.positions.length;
      int from = 0;
      while (from < count) {
        int to = from + 1;
        while (to < count
            && extent.positions[to] - extent.end(to - 1) <= GAP_BYTES_MAX
            && extent.end(to) - extent.positions[from] <= SPAN_BYTES_MAX) {
          to++;
        }
        readSpan(extent, from, to, found);
        from = to;
      }
    }
    found.addAll(fromMemory);
    return found;
  }

  private void readSpan(Extent extent, int from, int to, List<LogEntry> found) {
    int start = extent.positions[from];
    byte[] bytes = new byte[extent.end(to - 1) - start];
    extent.segment.volume.getData(start, bytes, 0, bytes.length);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    for (int i = from; i < to; i++) {
      int at = extent.positions[i] - start;
      int dataBytes = extent.dataLengths[i];
      long index = extent.firstIndex + i;
      if (in.getInt(at) != dataBytes
          || in.getInt(at + 4) != records.entryCrc(index, in, at, dataBytes)) {
        throw new DamagedException(
            location + "/" + extent.segment.name,
            extent.positions[i],
            "entry " + index + " is not what was written; a restart has the log checked");
      }
      byte[] data = new byte[dataBytes];
      in.get(at + ENTRY_HEADER_BYTES, data);
      LogEntry.Kind kind = kind(extent, i, in.getInt(at + 24));
      found.add(new LogEntry(index, in.getLong(at + 8), kind, in.getLong(at + 16), data));
    }
  }

  private LogEntry.Kind kind(Extent extent, int i, int code) {
    try {
      return LogEntry.Kind.of(code);
    } catch (IllegalArgumentException e) {
      throw DataDirException.foreign(
          location + "/" + extent.segment.name,
          "written with entries of unknown kind " + code,
          "use the version that wrote it");
    }
  }
}
