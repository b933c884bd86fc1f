package io.raftkv.raft.node;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.LostDataException;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.RaftLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From the stores to a core: what a member does before it talks to anyone. */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
  private static final long READ_BYTES_MAX = 8 << 20;

  private Recovery() {}

  /** The first log of every founding member: one entry that names all of them. */
  static void bootstrap(LogStore log, SnapshotStore snapshots, Configuration configuration) {
    HardState founding = new HardState(1, MemberId.NONE);
    // A crash in here may have left the term without the entry.
    boolean isNew =
        log.lastIndex() == 0
            && (log.hardState().equals(HardState.INITIAL) || log.hardState().equals(founding))
            && snapshots.latest().isEmpty();
    if (isNew) {
      log.saveHardState(founding);
      log.append(
          List.of(new LogEntry(1, 1, LogEntry.Kind.CONFIGURATION, 0, configuration.encode())));
      log.sync();
    }
  }

  /** The core as the stores remember it; the state machine then stands at the newest snapshot. */
  static RaftCore recover(RaftNode.Parts parts) {
    SnapshotMeta snapshot = parts.snapshots().latest().orElse(SnapshotMeta.EMPTY);
    if (snapshot.index() > 0) {
      restore(parts.stateMachine(), parts.snapshots(), snapshot);
    }
    LogStore store = parts.log();
    if (store.base().index() > snapshot.index()) {
      throw new LostDataException(
          "the log starts after "
              + store.base()
              + " but the newest snapshot ends at "
              + snapshot.last()
              + ": a snapshot is missing or damaged");
    }
    if (!matches(store, snapshot.last())) {
      if (parts.snapshots().isLatestOwn()) {
        // A snapshot is made of no more than the log holds durably: what it was made of was synced.
        throw new LostDataException(
            "the log ends at entry "
                + store.lastIndex()
                + " and does not match snapshot "
                + snapshot.last()
                + " that was made of it: synced entries are lost");
      }
      // The snapshot came from a leader, and the crash came before the log was replaced by it.
      LOG.info(
          "the log, which ends at entry {}, is replaced by the received snapshot {}",
          store.lastIndex(),
          snapshot.last());
      store.resetTo(snapshot.last());
      store.sync();
    }
    RaftLog log = new RaftLog(store.base(), snapshot, store.hardState(), parts.options());
    load(store, log);
    return new RaftCore(
        parts.self(),
        parts.options(),
        parts.random(),
        store.hardState(),
        log,
        snapshot,
        parts.snapshots().latestStateBytes());
  }

  private static void restore(
      StateMachine stateMachine, SnapshotStore snapshots, SnapshotMeta snapshot) {
    try (SnapshotStore.Source source = snapshots.open(snapshot.index())) {
      stateMachine.restore(source.stream());
    } catch (IOException e) {
      throw new UncheckedIOException("snapshot " + snapshot.last() + " cannot be restored", e);
    }
    Invariant.check(
        stateMachine.appliedIndex() == snapshot.index(),
        "snapshot %d restored to %d",
        snapshot.index(),
        stateMachine.appliedIndex());
  }

  private static boolean matches(LogStore store, EntryId last) {
    if (last.index() == store.base().index()) {
      return store.base().equals(last);
    }
    List<LogEntry> found = store.read(last.index(), last.index() + 1, 1);
    return !found.isEmpty() && found.get(0).term() == last.term();
  }

  private static void load(LogStore store, RaftLog log) {
    long next = store.base().index() + 1;
    while (next <= store.lastIndex()) {
      List<LogEntry> entries = store.read(next, store.lastIndex() + 1, READ_BYTES_MAX);
      Invariant.check(!entries.isEmpty(), "entry %d of the log is missing", next);
      entries.forEach(log::load);
      next += entries.size();
    }
  }
}
