package io.raftkv.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Looks now and then how much room the data dir has left, because asking can take as long as the
 * disk does. A log that cannot be written ends the member, so a disk counts as full while there is
 * still room for what it takes to become smaller again: a snapshot, after which old files of the
 * log go, and the log's next file. The file after the active one is there already, for what comes
 * in before the next look, and for a follower that a leader with room goes on to write to; when it
 * is used up, too, the log takes nothing more. Run by one thread; read by any.
 */
final class DiskSpace implements Runnable {
  private final Path folder;
  private final LongSupplier reserveBytes;
  private final LongSupplier logBytes;
  private final Runnable hasRoom;
  private volatile long freeBytes = Long.MAX_VALUE;
  private volatile long reservedBytes;

  /**
   * @param reserveBytes with less the disk is full
   * @param logBytes what the log can still take, see {@link io.raftkv.raft.LogStore#roomBytes()}
   * @param hasRoom told at every look at a disk that is not
   */
  DiskSpace(Path folder, LongSupplier reserveBytes, LongSupplier logBytes, Runnable hasRoom) {
    this.folder = folder;
    this.reserveBytes = reserveBytes;
    this.logBytes = logBytes;
    this.hasRoom = hasRoom;
  }

  /** The next snapshot is taken to be as large as those that are there. */
  static DiskSpace of(ServerConfig config, Stores stores) {
    DiskSpace disk =
        new DiskSpace(
            config.dataDir(),
            () -> config.segmentBytes() + stores.snapshots().sizeBytes(),
            stores.log()::roomBytes,
            stores::reserveAgain);
    if (!config.isInMemory()) {
      disk.run();
    }
    return disk;
  }

  @Override
  public void run() {
    try {
      reservedBytes = reserveBytes.getAsLong();
      freeBytes = Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!isFull()) {
      hasRoom.run();
    }
  }

  /** As of the latest look; {@link Long#MAX_VALUE} before the first. */
  long freeBytes() {
    return freeBytes;
  }

  /** Nothing should be written that makes the store larger. */
  boolean isFull() {
    return freeBytes < reservedBytes;
  }

  /** What an operator should know; empty when there is room. */
  List<String> alarms() {
    long free = freeBytes;
    long reserved = reservedBytes;
    if (free < reserved) {
      return List.of(
          "DISK_FULL: "
              + free
              + " bytes free, less than the "
              + reserved
              + " kept for a snapshot and the log; this member leads only if no other can, and then"
              + " refuses puts");
    }
    long left = logBytes.getAsLong();
    if (left < Long.MAX_VALUE) {
      return List.of(
          "LOG_FILE: the next file of the log cannot be made, though the disk has room; this member"
              + " takes "
              + left
              + " bytes more, and tries again every second; its log says why");
    }
    return free < 2 * reserved
        ? List.of("DISK_LOW: " + free + " bytes free; at " + reserved + " puts are refused")
        : List.of();
  }
}
