package io.raftkv.sim.disk;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.SnapshotMeta;
import java.util.List;

/** Sees what is asked of a disk, before it takes effect. */
public interface DiskObserver {
  void savingHardState(HardState hardState);

  void appending(List<LogEntry> entries);

  void truncating(long from);

  void compacting(EntryId last);

  void resetting(EntryId last);

  /** A snapshot is about to be begun; it may never be complete. */
  void creatingSnapshot(SnapshotMeta meta);

  /**
   * A snapshot is about to exist.
   *
   * @param isReceived another member made it
   */
  void completingSnapshot(SnapshotMeta meta, boolean isReceived);

  /** The store was used in a way its contract forbids. */
  void misused(String how);
}
