package io.raftkv.storage;

/** Snapshots that live as long as their process, in the same bytes as those on disk. */
public final class MemorySnapshots extends SnapshotFiles {
  public MemorySnapshots() {
    this(NO_CLUSTER);
  }

  /**
   * @param clusterId snapshots of other clusters are refused
   */
  public MemorySnapshots(long clusterId) {
    super(new MemoryVolumes(), false, clusterId);
  }
}
