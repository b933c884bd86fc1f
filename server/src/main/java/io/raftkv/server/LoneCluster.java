package io.raftkv.server;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.SegmentedLog;
import io.raftkv.storage.SnapshotFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;

/**
 * What a new cluster of one member begins with that goes on from the state of an old one: a
 * snapshot of that, and an empty log after it in a term of its own.
 */
final class LoneCluster {
  /** More revisions and sessions than can have been given that are not known here. */
  static final long NUMBERS_SKIPPED = 1_000_000_000;

  /** Above every term that the old cluster can have had, and not so far that others take fright. */
  private static final long TERMS_SKIPPED = 1_000;

  /**
   * Of the log's first files, which stay empty: the member makes others, of the size that it is
   * told, when it runs.
   */
  private static final int SEGMENT_BYTES = 1 << 20;

  private final Configuration alone;
  private final EntryId last;
  private final long term;

  /**
   * @param alone the one member
   * @param last the last entry that is in the state
   * @param termKnown the highest term that is known of the old cluster
   */
  LoneCluster(Configuration alone, EntryId last, long termKnown) {
    this.alone = alone;
    this.last = last;
    this.term = termKnown + TERMS_SKIPPED;
  }

  /** The old one must not be taken for it: never 0, and no other cluster has it. */
  static long newId() {
    return new SecureRandom().nextLong() | 1;
  }

  /** The term that it begins in. */
  long term() {
    return term;
  }

  /** Writes a state, whose numbers go on {@link #NUMBERS_SKIPPED} further up. */
  interface State {
    void writeTo(OutputStream snapshot) throws IOException;
  }

  /**
   * Fills the folder of the member, which is claimed and empty. Durable on return.
   *
   * @throws IOException as {@code state} does; the folder is worth nothing then
   * @throws java.io.UncheckedIOException if the folder cannot be written
   */
  void fill(DataDir fresh, State state) throws IOException {
    try (SnapshotFiles snapshots = fresh.openSnapshots();
        SnapshotStore.Sink sink = snapshots.create(new SnapshotMeta(last, alone))) {
      state.writeTo(sink.stream());
      sink.commit();
    }
    try (SegmentedLog log = fresh.openLog(SEGMENT_BYTES, Runnable::run)) {
      log.resetTo(last);
      log.saveHardState(new HardState(term, MemberId.NONE));
      log.sync();
    }
  }
}
