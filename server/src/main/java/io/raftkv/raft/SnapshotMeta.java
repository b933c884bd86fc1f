package io.raftkv.raft;

/**
 * What a snapshot stands for: the state after the entry {@code last}.
 *
 * @param last the last entry that the snapshot includes
 * @param configuration the configuration in force at that entry
 */
public record SnapshotMeta(EntryId last, Configuration configuration) {
  /** The empty state before the first entry. */
  public static final SnapshotMeta EMPTY = new SnapshotMeta(EntryId.ZERO, Configuration.EMPTY);

  public long index() {
    return last.index();
  }
}
