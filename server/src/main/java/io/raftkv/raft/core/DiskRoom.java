package io.raftkv.raft.core;

import io.raftkv.raft.Room;

/** What this member's disk can still take, as it was told lately. It had room at first. */
final class DiskRoom {
  /**
   * More than the largest append, and some thousand terms and votes, which cannot be refused:
   * without room for those a member has to stop.
   */
  static final long LOG_BYTES_MIN = 4 << 20;

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
    if (logBytes - bytesOnTheWay < LOG_BYTES_MIN) {
      return Room.NONE;
    }
    return isDiskFull ? Room.HARDLY_ANY : Room.ENOUGH;
  }
}
