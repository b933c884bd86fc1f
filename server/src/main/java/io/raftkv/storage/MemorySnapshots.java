package io.raftkv.storage;

/** Snapshots that live as long as their process, in the same bytes as those on disk. */
public final class MemorySnapshots extends SnapshotFiles {
  public MemorySnapshots() {
    super(new MemoryVolumes(), false);
  }
}
