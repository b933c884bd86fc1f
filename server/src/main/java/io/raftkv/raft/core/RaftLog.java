package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.SnapshotMeta;
import java.util.List;
import java.util.Optional;

/**
 * The log as the core sees it: terms of all of it, the newest entries, and how far it is durable
 * and committed. What it wants of the disk it collects for the next {@link Persist}.
 *
 * <p>{@code base ≤ commit ≤ last} and {@code durable ≤ last}. Commit and durable do not wait for
 * each other: the disks of a quorum may be faster than ours.
 */
public final class RaftLog {
  private final TermRuns terms;
  private final EntryTail tail;
  private final ConfigurationHistory configurations;
  private final PersistQueue persists;

  private long commitIndex;

  /** First index that no persist has carried yet. Invariant: at most last + 1. */
  private long unpersistedFrom;

  /** Of entries that the disk was not given yet; some of them may be gone again. */
  private long unhandedBytes;

  /** What the disk has to forget from; 0: nothing. */
  private long pendingTruncateFrom;

  private Optional<EntryId> pendingReset = Optional.empty();
  private Optional<EntryId> pendingCompact = Optional.empty();
  private HardState handedHardState;
  private long lastClusterTimeMillis;
  private long addedEntries;
  private long addedBytes;

  /**
   * An empty log after {@code base}; {@link #load} fills it with what the disk holds.
   *
   * @param snapshot the newest durable one; committed by definition. Not before {@code base}
   */
  public RaftLog(EntryId base, SnapshotMeta snapshot, HardState hardState, RaftOptions options) {
    terms = new TermRuns(base);
    tail = new EntryTail(options.tailBytes(), options.tailDoneBytes(), base.index() + 1);
    configurations = new ConfigurationHistory(snapshot.index(), snapshot.configuration());
    persists = new PersistQueue(base.index(), hardState);
    commitIndex = base.index();
    unpersistedFrom = base.index() + 1;
    handedHardState = hardState;
  }

  /** Adds the next entry of the log on disk. Before the core runs. */
  public void load(LogEntry entry) {
    appendOne(entry);
    unpersistedFrom = entry.index() + 1;
    persists.loaded(entry.index());
    // It is to be applied soon, most likely.
    tail.evict(entry.index(), 0);
  }

  EntryId last() {
    return id(terms.lastIndex());
  }

  long lastIndex() {
    return terms.lastIndex();
  }

  long baseIndex() {
    return terms.baseIndex();
  }

  EntryId id(long index) {
    return new EntryId(index, term(index));
  }

  /** -1 if the log does not know it. */
  long term(long index) {
    return terms.term(index);
  }

  boolean matches(EntryId id) {
    return terms.term(id.index()) == id.term();
  }

  long commitIndex() {
    return commitIndex;
  }

  long durableIndex() {
    return persists.durableIndex();
  }

  /** See {@link PersistQueue#isResetDurable}. */
  boolean isResetDurable() {
    return persists.isResetDurable();
  }

  HardState durableHardState() {
    return persists.durableHardState();
  }

  long lastClusterTimeMillis() {
    return lastClusterTimeMillis;
  }

  Configuration configuration() {
    return configurations.inForce();
  }

  long configurationIndex() {
    return configurations.indexInForce();
  }

  Configuration configurationAt(long index) {
    return configurations.at(index);
  }

  boolean isInTail(long index) {
    return tail.contains(index);
  }

  long tailFirstIndex() {
    return tail.firstIndex();
  }

  LogEntry entry(long index) {
    return tail.get(index);
  }

  /** Entries from memory; at least one if there is one. */
  List<LogEntry> slice(long from, long toExclusive, int entriesMax, long bytesMax) {
    return tail.slice(from, toExclusive, entriesMax, bytesMax);
  }

  void append(LogEntry entry) {
    Invariant.check(
        entry.term() >= term(lastIndex()),
        "entry of term %d after one of %d",
        entry.term(),
        term(lastIndex()));
    unhandedBytes += entry.sizeBytes();
    appendOne(entry);
  }

  private void appendOne(LogEntry entry) {
    tail.append(entry);
    terms.append(entry.term());
    addedEntries++;
    addedBytes += entry.sizeBytes();
    lastClusterTimeMillis = Math.max(lastClusterTimeMillis, entry.clusterTimeMillis());
    if (entry.kind() == LogEntry.Kind.CONFIGURATION
        && entry.index() > configurations.indexInForce()) {
      configurations.append(entry.index(), Configuration.decode(entry.data()));
    }
  }

  /** Removes entries that conflict with the leader's (Raft paper 5.3). Never committed ones. */
  void truncateFrom(long index) {
    Invariant.check(index > commitIndex, "truncation at %d, committed %d", index, commitIndex);
    terms.truncateFrom(index);
    tail.truncateFrom(index);
    configurations.truncateFrom(index);
    persists.truncatedFrom(index);
    if (index < unpersistedFrom) {
      unpersistedFrom = index;
      pendingTruncateFrom = pendingTruncateFrom == 0 ? index : Math.min(pendingTruncateFrom, index);
    }
  }

  /** Returns whether the commit index moved. */
  boolean commitTo(long index) {
    if (index <= commitIndex) {
      return false;
    }
    Invariant.check(index <= lastIndex(), "commit %d, last %d", index, lastIndex());
    commitIndex = index;
    return true;
  }

  /** A durable snapshot that this log does not match replaces all of it. */
  void resetTo(SnapshotMeta snapshot) {
    Invariant.check(
        snapshot.index() > commitIndex, "snapshot %d, committed %d", snapshot.index(), commitIndex);
    terms.reset(snapshot.last());
    tail.reset(snapshot.index() + 1);
    configurations.reset(snapshot.index(), snapshot.configuration());
    persists.reset(snapshot.index());
    commitIndex = snapshot.index();
    unpersistedFrom = snapshot.index() + 1;
    pendingTruncateFrom = 0;
    pendingReset = Optional.of(snapshot.last());
    pendingCompact = Optional.empty();
  }

  /** Entries up to {@code index} may go; a durable snapshot includes them. */
  void compactTo(long index) {
    if (index <= terms.baseIndex()) {
      return;
    }
    EntryId last = id(index);
    terms.compactTo(index);
    tail.removeTo(index);
    configurations.compactTo(index);
    pendingCompact = Optional.of(last);
  }

  /**
   * Lets the memory of entries go that the disk has.
   *
   * @param removable up to here they may
   * @param done up to here nobody needs them any more
   */
  void evictTail(long removable, long done) {
    long durable = persists.durableIndex();
    tail.evict(Math.min(durable, removable), Math.min(durable, done));
  }

  /** What an entry of this log takes, in the mean over those added since the start. */
  long entryBytes() {
    return addedEntries == 0 ? 0 : addedBytes / addedEntries;
  }

  void persisted(long ticket) {
    persists.done(ticket);
  }

  /** The disk work since the last call, and the responses that have to wait for it. */
  Optional<Persist> takePersist(HardState hardState, List<Message> responses) {
    if (isHandedToDisk(hardState) && responses.isEmpty()) {
      return Optional.empty();
    }
    List<LogEntry> entries =
        tail.slice(unpersistedFrom, lastIndex() + 1, Integer.MAX_VALUE, Long.MAX_VALUE);
    long bytes = 0;
    for (LogEntry entry : entries) {
      bytes += entry.sizeBytes();
    }
    Persist persist =
        new Persist(
            persists.begin(lastIndex(), hardState, bytes),
            hardState.equals(handedHardState) ? Optional.empty() : Optional.of(hardState),
            pendingReset,
            pendingTruncateFrom,
            entries,
            pendingCompact,
            responses);
    handedHardState = hardState;
    unhandedBytes = 0;
    unpersistedFrom = lastIndex() + 1;
    pendingTruncateFrom = 0;
    pendingReset = Optional.empty();
    pendingCompact = Optional.empty();
    return Optional.of(persist);
  }

  /** Bytes of entries that the disk may not have taken yet. */
  long bytesOnTheWay() {
    return persists.inFlightBytes() + unhandedBytes;
  }

  /** Whether our own disk is so far behind that a leader should take no more. */
  boolean isDiskBehind(long bytesMax) {
    return persists.isFull(bytesMax);
  }

  private boolean isHandedToDisk(HardState hardState) {
    return hardState.equals(handedHardState)
        && pendingReset.isEmpty()
        && pendingTruncateFrom == 0
        && unpersistedFrom > lastIndex()
        && pendingCompact.isEmpty();
  }

  /** Whether the disk has everything and owes nothing: then a response need not wait. */
  boolean isAllDurable(HardState hardState) {
    return isHandedToDisk(hardState) && persists.isIdle();
  }

  /**
   * Where a follower that refused may agree at best; see {@link Message.AppendResponse}. Before the
   * base if that is no longer in this log: then only a snapshot helps.
   */
  long agreementAtBest(EntryId conflict) {
    return matches(conflict)
        ? conflict.index()
        : Math.max(0, terms.lastIndexWithTermAtMost(conflict.term(), conflict.index() - 1));
  }

  /** What to tell a leader whose previous entry, at {@code index}, does not fit. */
  EntryId conflictAt(long index) {
    return index > lastIndex() ? last() : id(terms.firstIndexOfTermAt(index));
  }
}
