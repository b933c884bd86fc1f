package io.raftkv.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks now and then how much room the data dir has left, because asking can take as long as the
 * disk does. Run by one thread; read by any.
 */
final class DiskSpace implements Runnable {
  private final Path folder;
  private final long freeBytesMin;
  private volatile long freeBytes = Long.MAX_VALUE;

  /**
   * @param freeBytesMin less is an alarm
   */
  DiskSpace(Path folder, long freeBytesMin) {
    this.folder = folder;
    this.freeBytesMin = freeBytesMin;
  }

  @Override
  public void run() {
    try {
      FileStore store = Files.getFileStore(folder);
      freeBytes = store.getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As of the latest look; {@link Long#MAX_VALUE} before the first. */
  long freeBytes() {
    return freeBytes;
  }

  /** What an operator should know; empty when there is room. */
  List<String> alarms() {
    return freeBytes < freeBytesMin
        ? List.of("DISK_LOW: " + freeBytes + " bytes free, less than " + freeBytesMin)
        : List.of();
  }
}
