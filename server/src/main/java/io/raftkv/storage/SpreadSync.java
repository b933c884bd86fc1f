package io.raftkv.storage;

/**
 * Syncs a large file while it is written, a part at a time: otherwise its pages pile up, and a sync
 * of the log has to wait until hundreds of MiB have gone to the same disk.
 */
final class SpreadSync {
  private static final long PART_BYTES = 8 << 20;

  private final Volume volume;
  private long unsyncedBytes;

  SpreadSync(Volume volume) {
    this.volume = volume;
  }

  void written(long bytes) {
    unsyncedBytes += bytes;
    if (unsyncedBytes >= PART_BYTES) {
      volume.sync();
      unsyncedBytes = 0;
    }
  }
}
