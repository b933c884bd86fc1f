package io.raftkv.raft.core;

import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import java.util.ArrayDeque;
import java.util.List;

/**
 * What the apply lane was given and has not finished: bounded, so that commits cannot outrun it.
 */
final class ApplyQueue {
  private static final int RANGES_MAX = 8;
  private static final int RANGE_BYTES_MAX = 4 << 20;

  /** Last index of each range that is not yet applied. */
  private final ArrayDeque<Long> ranges = new ArrayDeque<>();

  private long handedIndex;
  private long appliedIndex;

  ApplyQueue(long appliedIndex) {
    this.handedIndex = appliedIndex;
    this.appliedIndex = appliedIndex;
  }

  /** Up to here the apply lane was given everything. */
  long handedIndex() {
    return handedIndex;
  }

  long appliedIndex() {
    return appliedIndex;
  }

  /** The next entries up to {@code lastIndex}; empty while enough is under way. */
  CommittedRange next(RaftLog log, long lastIndex) {
    long from = handedIndex + 1;
    if (lastIndex < from || ranges.size() >= RANGES_MAX) {
      return new CommittedRange(from, from, List.of());
    }
    CommittedRange range;
    if (log.isInTail(from)) {
      List<LogEntry> entries = log.slice(from, lastIndex + 1, Integer.MAX_VALUE, RANGE_BYTES_MAX);
      range = new CommittedRange(from, from + entries.size(), entries);
    } else {
      long toExclusive = Math.min(lastIndex + 1, log.tailFirstIndex());
      range = new CommittedRange(from, toExclusive, List.of());
    }
    handedIndex = range.toExclusive() - 1;
    ranges.addLast(handedIndex);
    return range;
  }

  void applied(long index) {
    Invariant.check(index <= handedIndex, "applied %d, handed %d", index, handedIndex);
    appliedIndex = Math.max(appliedIndex, index);
    while (!ranges.isEmpty() && ranges.getFirst() <= appliedIndex) {
      ranges.removeFirst();
    }
  }

  /** A snapshot replaces the state; what was given before it comes to nothing or is in it. */
  void install(long index) {
    handedIndex = index;
    ranges.clear();
    ranges.addLast(index);
  }
}
