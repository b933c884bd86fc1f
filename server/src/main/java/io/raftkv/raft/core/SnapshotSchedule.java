package io.raftkv.raft.core;

import io.raftkv.raft.RaftOptions;

/** When to take the next snapshot: after so many entries or bytes; one at a time. */
final class SnapshotSchedule {
  private final RaftOptions options;
  private long lastIndex;
  private long bytes;
  private boolean isUnderWay;

  /** One is wanted at once, even of a state of which there was one. */
  private boolean isRequested;

  SnapshotSchedule(RaftOptions options, long snapshotIndex) {
    this.options = options;
    this.lastIndex = snapshotIndex;
  }

  void handed(CommittedRange range) {
    range.entries().forEach(entry -> bytes += entry.sizeBytes());
  }

  boolean isDue(long handedIndex) {
    return !isUnderWay && (isRequested || isEnough(handedIndex));
  }

  private boolean isEnough(long handedIndex) {
    return handedIndex > lastIndex
        && (handedIndex - lastIndex >= options.snapshotEntries()
            || bytes >= options.snapshotBytes());
  }

  void request() {
    isRequested = true;
  }

  void begin(long index) {
    isUnderWay = true;
    restart(index);
  }

  /** Done or failed; a failed one is tried again when the next one is due. */
  void end() {
    isUnderWay = false;
  }

  /** There is a snapshot of this index: what was asked for before is no longer needed. */
  void restart(long index) {
    isRequested = false;
    lastIndex = index;
    bytes = 0;
  }
}
