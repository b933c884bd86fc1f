package io.raftkv.raft.core;

import io.raftkv.raft.Invariant;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.SnapshotMeta;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/**
 * This member's newest snapshot, when the next one is taken, and how far the log is cut behind it
 * (Raft paper section 7).
 */
final class Snapshots {
  private final RaftOptions options;
  private final RaftLog log;
  private final SnapshotSchedule schedule;
  private final LongUnaryOperator oldestNeeded;

  /** Durable. */
  private SnapshotMeta newest;

  /** Up to here the log cannot be read back everywhere. */
  private long damagedIndex;

  /**
   * @param stateBytes of the state in {@code newest}, before compression
   * @param oldestNeeded where the log must not be cut, for the sake of followers that are about to
   *     catch up; given how far behind is too far for that
   */
  Snapshots(
      RaftOptions options,
      RaftLog log,
      SnapshotMeta newest,
      long stateBytes,
      LongUnaryOperator oldestNeeded) {
    this.options = options;
    this.log = log;
    this.newest = newest;
    this.oldestNeeded = oldestNeeded;
    schedule = new SnapshotSchedule(options, newest.index(), stateBytes);
  }

  SnapshotMeta newest() {
    return newest;
  }

  /** These were given to the apply lane. */
  void handed(CommittedRange range) {
    schedule.handed(range, log.entryBytes());
  }

  boolean isDue(long handedIndex) {
    return schedule.isDue(handedIndex);
  }

  /** The one to make now, of what the apply lane was given. */
  Optional<SnapshotMeta> next(long handedIndex) {
    if (!schedule.isDue(handedIndex) || handedIndex > log.durableIndex() || !log.isResetDurable()) {
      return Optional.empty();
    }
    schedule.begin(handedIndex);
    return Optional.of(new SnapshotMeta(log.id(handedIndex), log.configurationAt(handedIndex)));
  }

  void taken(SnapshotMeta taken, long stateBytes) {
    schedule.taken(stateBytes);
    Invariant.check(
        taken.index() <= log.durableIndex() || taken.index() <= newest.index(),
        "snapshot %d, durable %d",
        taken.index(),
        log.durableIndex());
    if (taken.index() >= newest.index()) {
      newest = taken;
      compactLog();
    }
  }

  void failed() {
    schedule.failed();
  }

  /** The newest is damaged and gone. */
  void lost() {
    schedule.request(0);
  }

  /** The leader sent a newer one. */
  void received(SnapshotMeta received) {
    newest = received;
  }

  /** It takes the place of the state, too. */
  void installed() {
    schedule.restart(newest.index());
  }

  /** Entries up to this one cannot be read back: a snapshot takes their place. */
  void logDamaged(long index) {
    if (index > log.baseIndex()) {
      damagedIndex = Math.max(damagedIndex, index);
      schedule.request(index);
    }
  }

  private void compactLog() {
    // Not under the feet of a follower that is about to catch up; what lags further than a snapshot
    // interval is better served by a snapshot.
    long needed = oldestNeeded.applyAsLong(newest.index() - options.snapshotEntries());
    long to = Math.min(newest.index() - options.trailingEntries(), needed);
    // A damaged log has to go in any case, once a snapshot holds what it held.
    log.compactTo(damagedIndex <= newest.index() ? Math.max(to, damagedIndex) : to);
  }
}
