package io.raftkv.storage;

import io.raftkv.raft.Invariant;
import java.util.Arrays;

/**
 * A file of the log and where in it the entries stand that still count: one run of consecutive
 * indexes. Guarded by the lock of the log, except for the bytes of the volume.
 */
final class Segment {
  final String name;
  final long sequence;
  final Volume volume;

  private long firstIndex;
  private int[] positions = new int[64];
  private int[] dataLengths = new int[64];
  private int count;

  private int readers;
  private boolean isDropped;

  Segment(String name, long sequence, Volume volume, long firstIndex) {
    this.name = name;
    this.sequence = sequence;
    this.volume = volume;
    this.firstIndex = firstIndex;
  }

  boolean isEmpty() {
    return count == 0;
  }

  long firstIndex() {
    return firstIndex;
  }

  long endIndex() {
    return firstIndex + count;
  }

  boolean contains(long index) {
    return index >= firstIndex && index < endIndex();
  }

  /** No entry at or after {@code index} stands here. */
  boolean hasNothingFrom(long index) {
    return count == 0 || endIndex() <= index;
  }

  /** No entry at or before {@code index} stands here. */
  boolean hasNothingUpTo(long index) {
    return count == 0 || firstIndex > index;
  }

  int position(long index) {
    return positions[(int) (index - firstIndex)];
  }

  int dataLength(long index) {
    return dataLengths[(int) (index - firstIndex)];
  }

  void add(long index, int position, int dataLength) {
    if (count == 0) {
      firstIndex = index;
    }
    Invariant.check(index == endIndex(), "index %d added after %d", index, endIndex());
    if (count == positions.length) {
      positions = Arrays.copyOf(positions, 2 * count);
      dataLengths = Arrays.copyOf(dataLengths, 2 * count);
    }
    positions[count] = position;
    dataLengths[count++] = dataLength;
  }

  /** Forgets the entries from {@code index} on. */
  void cutFrom(long index) {
    count = (int) Math.max(0, Math.min(count, index - firstIndex));
  }

  void acquire() {
    readers++;
  }

  void release() {
    readers--;
    closeIfUnused();
  }

  /** Closes the file once nobody reads it any more. */
  void drop() {
    isDropped = true;
    closeIfUnused();
  }

  private void closeIfUnused() {
    if (isDropped && readers == 0) {
      volume.close();
    }
  }
}
