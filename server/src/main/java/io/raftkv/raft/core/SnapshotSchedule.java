package io.raftkv.raft.core;

import io.raftkv.raft.RaftOptions;

/**
 * When to take the next snapshot: after so many entries or bytes, unless that is little beside the
 * last one; one at a time.
 */
final class SnapshotSchedule {
  private static final long NOT_REQUESTED = Long.MAX_VALUE;

  private final RaftOptions options;
  private long lastIndex;

  /** Of the state in the last snapshot, before compression; 0: not known. */
  private long lastBytes;

  /** Of entries since then. */
  private long bytes;

  private boolean isUnderWay;

  /** One is wanted as soon as it reaches this far, even of a state of which there was one. */
  private long requestedFrom = NOT_REQUESTED;

  SnapshotSchedule(RaftOptions options, long snapshotIndex, long stateBytes) {
    this.options = options;
    this.lastIndex = snapshotIndex;
    this.lastBytes = stateBytes;
  }

  /**
   * @param entryBytes of an entry, about; for those that are not in memory
   */
  void handed(CommittedRange range, long entryBytes) {
    if (range.entries().isEmpty()) {
      bytes += entryBytes * (range.toExclusive() - range.from());
    }
    range.entries().forEach(entry -> bytes += entry.sizeBytes());
  }

  boolean isDue(long handedIndex) {
    return !isUnderWay && (handedIndex >= requestedFrom || isEnough(handedIndex));
  }

  private boolean isEnough(long handedIndex) {
    return handedIndex > lastIndex
        && bytes >= lastBytes / 100 * options.snapshotLogPercent()
        && (handedIndex - lastIndex >= options.snapshotEntries()
            || bytes >= options.snapshotBytes());
  }

  /** Asks for one of at least {@code index}; of two that were asked for, the later one will do. */
  void request(long index) {
    requestedFrom = requestedFrom == NOT_REQUESTED ? index : Math.max(requestedFrom, index);
  }

  void begin(long index) {
    isUnderWay = true;
    restart(index);
  }

  /** It failed, and is tried again when the next one is due. */
  void failed() {
    isUnderWay = false;
  }

  void taken(long stateBytes) {
    isUnderWay = false;
    lastBytes = stateBytes;
  }

  /** There is a snapshot of this index: what was asked for up to there is no longer needed. */
  void restart(long index) {
    if (index >= requestedFrom) {
      requestedFrom = NOT_REQUESTED;
    }
    lastIndex = index;
    bytes = 0;
  }
}
