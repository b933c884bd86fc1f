package io.raftkv.kv;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The open sessions, and the results kept for their clients (Raft thesis 6.3). Confined to the
 * apply lane; readers get a {@link #freeze frozen} form.
 *
 * <p>A client sends its writes one behind the other, and each of them changes its session twice or
 * more. So the session changed last is kept beside the tree, and goes in when another one is
 * changed or the tree is looked at.
 *
 * <p>Sessions are found by walking them all when some are to expire: that happens about once in the
 * shortest time to live, while an index would cost every write.
 */
final class Sessions {
  private static final long NEVER = Long.MAX_VALUE;

  /** By the id, 8 bytes big-endian. */
  private final CowBTree<Session> tree;

  /** The one changed last, newer than in the tree; null: the tree has them all as they are. */
  private @Nullable Session ahead;

  /** Ids are given in turn, from 1 on, and never again. */
  private long lastId;

  /** Invariant: the sum over the sessions. */
  private long resultBytes;

  /**
   * No session expires before. Not exact: a session that is kept alive leaves it as it is, until
   * somebody looks. It differs between members, and decides nothing that is applied.
   */
  private long expiryMillisMin = NEVER;

  Sessions() {
    this.tree = new CowBTree<>();
  }

  /** Those of a snapshot, ids ascending. */
  Sessions(long lastId, List<Session> open) {
    this.tree = CowBTree.ofSorted(open.stream().map(session -> place(session.id())).toList(), open);
    this.lastId = lastId;
    for (Session session : open) {
      resultBytes += session.results().bytes();
      expiryMillisMin = Math.min(expiryMillisMin, session.expiryMillis());
    }
  }

  /** As they are now. */
  Frozen freeze() {
    return new Frozen(
        settled().freeze(),
        lastId,
        resultBytes,
        expiryMillisMin == NEVER ? OptionalLong.empty() : OptionalLong.of(expiryMillisMin));
  }

  long count() {
    return settled().size();
  }

  long resultBytes() {
    return resultBytes;
  }

  /** The session; null if it is not open. */
  @Nullable Session find(long id) {
    Session last = ahead;
    return last != null && last.id() == id ? last : tree.get(place(id));
  }

  /** Whether a session had this id, be it open or not. */
  boolean wasOpened(long id) {
    return id >= 1 && id <= lastId;
  }

  Session open(String name, long ttlMillis, long nowMillis) {
    Session session = new Session(++lastId, name, ttlMillis, nowMillis, 1, SessionResults.NONE, 0);
    put(session);
    expiryMillisMin = Math.min(expiryMillisMin, session.expiryMillis());
    return session;
  }

  /** Its client was heard, and has the results below {@code firstOutstanding}. */
  Session heard(Session session, long firstOutstanding, long nowMillis) {
    Session heard = session.heardAt(nowMillis, firstOutstanding);
    resultBytes += heard.results().bytes() - session.results().bytes();
    put(heard);
    return heard;
  }

  /** Keeps the result of a write. The caller has looked that there is none, and room for it. */
  void keep(long id, long sequence, byte[] result) {
    // Found anew: the write may have attached its key to this very session.
    Session session = standing(id);
    SessionResults kept = session.results().with(sequence, result);
    resultBytes += kept.bytes() - session.results().bytes();
    put(session.withResults(kept));
  }

  /** So many keys more, or less, are attached to an open session. */
  void attached(long id, int more) {
    Session session = standing(id);
    put(session.withKeys(session.keys() + more));
  }

  private Session standing(long id) {
    Session session = find(id);
    if (session == null) {
      throw new IllegalStateException("session " + id + " is not open");
    }
    return session;
  }

  /** The session ends, and with it the results of its writes. No key is attached to it any more. */
  void end(Session session) {
    settled().remove(place(session.id()));
    resultBytes -= session.results().bytes();
  }

  /**
   * The sessions whose time has passed, by their ids. They are to be {@link #end ended}.
   *
   * @param workMax no further session once so many sessions, results and keys have to go
   */
  List<Session> due(long nowMillis, int workMax) {
    List<Session> due = new ArrayList<>();
    long work = 0;
    long next = NEVER;
    TreeCursor<Session> cursor = settled().cursor(KeyRange.all(), false);
    while (cursor.next()) {
      Session session = cursor.value();
      if (session.expiryMillis() <= nowMillis && work < workMax) {
        due.add(session);
        work += 1L + session.results().count() + session.keys();
      } else {
        next = Math.min(next, session.expiryMillis());
      }
    }
    expiryMillisMin = next;
    return due;
  }

  /** Gives every session its whole time to live from now on. */
  void renew(long nowMillis) {
    List<Session> open = new ArrayList<>();
    TreeCursor<Session> cursor = settled().cursor(KeyRange.all(), false);
    while (cursor.next()) {
      open.add(cursor.value().heardAt(nowMillis));
    }
    open.forEach(this::put);
  }

  private void put(Session session) {
    Session last = ahead;
    if (last != null && last.id() != session.id()) {
      tree.put(place(last.id()), last);
    }
    ahead = session;
  }

  /** The tree, with every session as it is. */
  private CowBTree<Session> settled() {
    Session last = ahead;
    if (last != null) {
      tree.put(place(last.id()), last);
      ahead = null;
    }
    return tree;
  }

  private static byte[] place(long id) {
    return ByteBuffer.allocate(Long.BYTES).putLong(id).array();
  }

  /** The sessions as they were after some entry. Immutable; for any thread. */
  record Frozen(
      CowBTree.Frozen<Session> sessions,
      long lastId,
      long resultBytes,
      OptionalLong nextExpiryMillis) {

    /** Open sessions above this id, ascending. */
    TreeCursor<Session> after(long id) {
      return sessions.cursor(KeyRange.of(place(id + 1), null), false);
    }
  }
}
