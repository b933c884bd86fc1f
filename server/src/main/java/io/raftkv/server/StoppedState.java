package io.raftkv.server;

import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.SnapshotFiles;
import io.raftkv.storage.StoppedLog;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * All that a stopped member knows: its newest snapshot, and its log after that, to the last entry,
 * committed or not. Confined to one thread.
 */
final class StoppedState {
  private static final long READ_BYTES_MAX = 4 << 20;

  private final Identity identity;
  private final KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
  private final EntryId snapshot;
  private HardState hardState = HardState.INITIAL;
  private EntryId last;

  /** The configuration in force: the newest in the log. */
  private Membership membership;

  /** Everybody, as the newest configuration has it that names it. */
  private final Map<MemberId, Member> known = new HashMap<>();

  /**
   * Reads everything; the folder is not changed.
   *
   * @throws StartException if something is missing that a start would need too
   * @throws io.raftkv.storage.DamagedException if the log cannot be trusted
   */
  StoppedState(DataDir dataDir) throws StartException {
    identity = dataDir.identity().orElseThrow();
    try (SnapshotFiles snapshots = dataDir.lookAtSnapshots();
        StoppedLog log = dataDir.lookAtLog()) {
      SnapshotMeta newest = snapshots.latest().orElse(SnapshotMeta.EMPTY);
      snapshot = newest.last();
      last = snapshot;
      membership = new Membership(snapshot.index(), newest.configuration());
      noteMembers();
      if (log.base().index() > snapshot.index()) {
        throw damaged(
            "the log starts after entry "
                + log.base().index()
                + " and the snapshot for it is missing or damaged "
                + String.join("; ", snapshots.damaged()));
      }
      restore(snapshots);
      hardState = log.hardState();
      if (isContinuedBy(log)) {
        apply(log);
      } else if (snapshots.isLatestOwn()) {
        throw damaged(
            "the log ends at entry "
                + log.lastIndex()
                + " and does not match snapshot "
                + snapshot
                + " that was made of it: synced entries are lost");
      }
    }
  }

  private static StartException damaged(String what) {
    return new StartException(ExitCode.DATA_DIR, what);
  }

  private void restore(SnapshotFiles snapshots) throws StartException {
    if (snapshot.index() == 0) {
      return;
    }
    try (SnapshotStore.Source source = snapshots.open(snapshot.index())) {
      store.restore(source.stream());
    } catch (IOException e) {
      throw new StartException(
          ExitCode.DATA_DIR, "snapshot at " + snapshot + ": " + e.getMessage(), e);
    }
  }

  /** If not, the snapshot came from a leader, and the crash before the log was replaced by it. */
  private boolean isContinuedBy(StoppedLog log) {
    if (log.base().index() == snapshot.index()) {
      return log.base().equals(snapshot);
    }
    List<LogEntry> found = log.read(snapshot.index(), snapshot.index() + 1, 1);
    return !found.isEmpty() && found.get(0).term() == snapshot.term();
  }

  private void apply(StoppedLog log) throws StartException {
    while (last.index() < log.lastIndex()) {
      List<LogEntry> entries = log.read(last.index() + 1, log.lastIndex() + 1, READ_BYTES_MAX);
      try {
        store.apply(entries);
        entries.forEach(this::noteConfiguration);
      } catch (IllegalStateException | IllegalArgumentException e) {
        throw new StartException(
            ExitCode.DATA_DIR, e.getMessage() + "; use the version that wrote it", e);
      }
      LogEntry latest = entries.get(entries.size() - 1);
      last = new EntryId(latest.index(), latest.term());
    }
  }

  private void noteConfiguration(LogEntry entry) {
    if (entry.kind() == LogEntry.Kind.CONFIGURATION) {
      membership = new Membership(entry.index(), Configuration.decode(entry.data()));
      noteMembers();
    }
  }

  private void noteMembers() {
    membership.configuration().members().forEach(member -> known.put(member.id(), member));
  }

  Identity identity() {
    return identity;
  }

  HardState hardState() {
    return hardState;
  }

  /** The newest snapshot, all of which is committed; {@link EntryId#ZERO} if there is none. */
  EntryId snapshot() {
    return snapshot;
  }

  /** The last entry. */
  EntryId last() {
    return last;
  }

  /** The newest configuration, committed or not. */
  Membership membership() {
    return membership;
  }

  /** This member, under the name and address that it had last; empty if it never was one. */
  Optional<Member> self() {
    return Optional.ofNullable(known.get(identity.memberId()));
  }

  /** Everybody else who has a say or receives the log, by name, as far as addresses are known. */
  List<Member> others() {
    return membership.configuration().everybody().stream()
        .filter(id -> !id.equals(identity.memberId()))
        .map(known::get)
        .filter(Objects::nonNull)
        .sorted(Comparator.comparing(Member::name))
        .toList();
  }

  /** The state after the last entry. */
  KvStateMachine store() {
    return store;
  }
}
