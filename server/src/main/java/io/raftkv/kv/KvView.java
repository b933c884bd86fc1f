package io.raftkv.kv;

import io.raftkv.raft.StateMachine;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * The store as it was after some entry. Immutable; any thread reads it, without a lock, while
 * writing goes on. As long as it is held it keeps the memory of what it shows.
 *
 * <p>Reads take a revision: 0 for the latest of this view, or one from {@link #compactedRevision}
 * to {@link #revision}, both included. Any other one is an {@link IllegalArgumentException}; the
 * caller checks before.
 */
public final class KvView implements StateMachine.Frozen {
  private final CowBTree.Frozen<Version> tree;
  private final Sessions.Frozen sessions;
  private final SnapshotHeader header;
  private final long keys;
  private final long historyBytes;
  private final OptionalLong nextExpiryMillis;

  KvView(
      CowBTree.Frozen<Version> tree,
      Sessions.Frozen sessions,
      SnapshotHeader header,
      long keys,
      long historyBytes,
      OptionalLong nextExpiryMillis) {
    this.tree = tree;
    this.sessions = sessions;
    this.header = header;
    this.keys = keys;
    this.historyBytes = historyBytes;
    this.nextExpiryMillis = nextExpiryMillis;
  }

  /** Of the last request that changed something; 0 before the first. */
  public long revision() {
    return header.revision();
  }

  /** The earliest revision that can be read. */
  public long compactedRevision() {
    return header.compactedRevision();
  }

  /** Index of the last entry applied. */
  @Override
  public long appliedIndex() {
    return header.appliedIndex();
  }

  /** The clock that entries carry, in milliseconds; no wall clock, and never goes back. */
  public long clusterTimeMillis() {
    return header.clusterTimeMillis();
  }

  /** Keys that exist. */
  public long keys() {
    return keys;
  }

  /** Bytes that a compaction to {@link #revision} would free; an estimate, equal on all members. */
  public long historyBytes() {
    return historyBytes;
  }

  /** Chained over all entries applied: equal at equal index on every member. */
  public long stateHash() {
    return header.stateHash();
  }

  /** The key as of this revision; empty if it did not exist. */
  public Optional<KeyVersion> get(byte[] key, long atRevision) {
    long at = checked(atRevision);
    Version newest = tree.get(key);
    Version visible = newest == null ? null : newest.visibleAt(at);
    return visible == null ? Optional.empty() : Optional.of(visible.of(key));
  }

  /**
   * Shows the keys that existed in the range at this revision, in order or from the highest down,
   * until the visitor answers false.
   */
  public void scan(
      KeyRange range, long atRevision, boolean reverse, Predicate<KeyVersion> visitor) {
    long at = checked(atRevision);
    TreeCursor<Version> cursor = tree.cursor(range, reverse);
    while (cursor.next()) {
      Version visible = cursor.value().visibleAt(at);
      if (visible != null && !visitor.test(visible.of(cursor.key()))) {
        return;
      }
    }
  }

  /** Keys that existed in the range at this revision. Takes time in proportion to the range. */
  public long count(KeyRange range, long atRevision) {
    long at = checked(atRevision);
    if (at == revision() && range.equals(KeyRange.all())) {
      return keys;
    }
    long count = 0;
    TreeCursor<Version> cursor = tree.cursor(range, false);
    while (cursor.next()) {
      if (cursor.value().visibleAt(at) != null) {
        count++;
      }
    }
    return count;
  }

  /**
   * A hash of every key, value and revisions that existed at this revision: equal on all members
   * that can read it. Reads the whole store.
   */
  public long contentHash(long atRevision) {
    long at = checked(atRevision);
    long hash = Hash64.mix(0, at);
    TreeCursor<Version> cursor = tree.cursor(KeyRange.all(), false);
    while (cursor.next()) {
      Version visible = cursor.value().visibleAt(at);
      if (visible != null) {
        KeyVersion shown = visible.of(cursor.key());
        hash = Hash64.mix(hash, shown.key());
        hash = Hash64.mix(hash, shown.value());
        hash = Hash64.mix(hash, shown.createRevision());
        hash = Hash64.mix(hash, shown.modRevision());
        hash = Hash64.mix(hash, shown.version());
        hash = shown.sessionId() == 0 ? hash : Hash64.mix(hash, shown.sessionId());
      }
    }
    return Hash64.finish(hash);
  }

  /** Cluster time of the earliest expiry; empty if no key has a time to live. */
  public OptionalLong nextExpiryMillis() {
    return nextExpiryMillis;
  }

  /** Sessions that are open. */
  public long sessionCount() {
    return header.sessions();
  }

  /** What the results take that are kept for the clients of all sessions; about bytes. */
  public long sessionResultBytes() {
    return sessions.resultBytes();
  }

  /**
   * Open sessions by their ids.
   *
   * @param afterId only those above
   * @param limit at most so many
   */
  public List<SessionInfo> sessions(long afterId, int limit) {
    List<SessionInfo> found = new ArrayList<>();
    TreeCursor<Session> cursor = sessions.after(afterId);
    while (found.size() < limit && cursor.next()) {
      Session session = cursor.value();
      found.add(
          new SessionInfo(
              session.id(),
              session.name(),
              session.ttlMillis(),
              session.heardMillis(),
              session.results().count(),
              session.keys()));
    }
    return found;
  }

  /** Cluster time before which no session expires; empty if none is open, or none ever does. */
  public OptionalLong nextSessionExpiryMillis() {
    return sessions.nextExpiryMillis();
  }

  /**
   * The same keys and sessions, with revisions and ids of sessions that go on further up: for a
   * state that lacks what came after it, so that no number that was given then is given again.
   *
   * @param count how many of each are left out
   */
  public KvView skipping(long count) {
    return new KvView(tree, sessions, header.skipping(count), keys, historyBytes, nextExpiryMillis);
  }

  /** Writes the whole state, as {@link KvStateMachine#restore} reads it. */
  @Override
  public void writeTo(OutputStream out) throws IOException {
    new SnapshotWriter(out).write(header, tree.cursor(KeyRange.all(), false), sessions);
  }

  private long checked(long atRevision) {
    if (atRevision == 0) {
      return revision();
    }
    if (atRevision < compactedRevision() || atRevision > revision()) {
      throw new IllegalArgumentException(
          "revision " + atRevision + " is not within " + compactedRevision() + " to " + revision());
    }
    return atRevision;
  }
}
