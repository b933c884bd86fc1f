package io.raftkv.raft.core;

import io.raftkv.raft.Room;

/** What this member's disk can still take, as it was told lately. It had room at first. */
final class DiskRoom {
  private boolean isDiskFull;
  private long logBytes = Long.MAX_VALUE;

  void disk(boolean isFull) {
    isDiskFull = isFull;
  }

  void log(long bytes) {
    logBytes = bytes;
  }

  /**
   * @param bytesOnTheWay to the log, which are not among what it was told to hold
   */
  Room room(long bytesOnTheWay) {
    if (logBytes - bytesOnTheWay < Room.LOG_BYTES_MIN) {
      return Room.NONE;
    }
    return isDiskFull ? Room.HARDLY_ANY : Room.ENOUGH;
  }
}
