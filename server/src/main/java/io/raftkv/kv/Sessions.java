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
 * <p>Sessions are found by walking them all when some are to expire: that happens about once in the
 * shortest time to live, while an index would cost every write.
 */
final class Sessions {
  /** Objects and references around one result; about what a JVM uses. */
  static final int RESULT_BYTES = 64;

  private static final long NEVER = Long.MAX_VALUE;

  /** By the id, 8 bytes big-endian. */
  private final CowBTree<Session> sessions;

  /** By the id of the session and the sequence, 8 bytes big-endian each. */
  private final CowBTree<byte[]> results;

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
    this.sessions = new CowBTree<>();
    this.results = new CowBTree<>();
  }

  /** Those of a snapshot, in the order of their places. */
  Sessions(
      long lastId, List<Session> open, List<byte[]> resultPlaces, List<byte[]> resultsInOrder) {
    this.sessions =
        CowBTree.ofSorted(open.stream().map(session -> place(session.id())).toList(), open);
    this.results = CowBTree.ofSorted(resultPlaces, resultsInOrder);
    this.lastId = lastId;
    for (Session session : open) {
      resultBytes += session.resultBytes();
      expiryMillisMin = Math.min(expiryMillisMin, session.expiryMillis());
    }
  }

  /** As they are now, in constant time. */
  Frozen freeze() {
    return new Frozen(
        sessions.freeze(),
        results.freeze(),
        lastId,
        resultBytes,
        expiryMillisMin == NEVER ? OptionalLong.empty() : OptionalLong.of(expiryMillisMin));
  }

  long count() {
    return sessions.size();
  }

  long resultBytes() {
    return resultBytes;
  }

  /** The session; null if it is not open. */
  @Nullable Session find(long id) {
    return sessions.get(place(id));
  }

  /** Whether a session had this id, be it open or not. */
  boolean wasOpened(long id) {
    return id >= 1 && id <= lastId;
  }

  Session open(String name, long ttlMillis, long nowMillis) {
    Session session = new Session(++lastId, name, ttlMillis, nowMillis, 1, 0, 0, 0);
    put(session);
    expiryMillisMin = Math.min(expiryMillisMin, session.expiryMillis());
    return session;
  }

  /** Its client was heard, and has the results below {@code firstOutstanding}. */
  Session heard(Session session, long firstOutstanding, long nowMillis) {
    Session heard = session.heardAt(nowMillis);
    if (firstOutstanding > session.firstOutstanding()) {
      KeyRange below =
          KeyRange.of(
              place(session.id(), session.firstOutstanding()),
              place(session.id(), firstOutstanding));
      heard = forget(heard, below).outstandingFrom(firstOutstanding);
    }
    put(heard);
    return heard;
  }

  private Session forget(Session session, KeyRange places) {
    List<byte[]> forgotten = new ArrayList<>();
    long bytes = 0;
    TreeCursor<byte[]> cursor = results.cursor(places, false);
    while (cursor.next()) {
      forgotten.add(cursor.key());
      bytes += bytes(cursor.value());
    }
    forgotten.forEach(results::remove);
    resultBytes -= bytes;
    return session.withoutResults(forgotten.size(), bytes);
  }

  /** The result of the write with this number; null if none is kept. */
  byte @Nullable [] result(Session session, long sequence) {
    return results.get(place(session.id(), sequence));
  }

  /** Keeps the result of a write. The caller has looked that there is none, and room for it. */
  void keep(Session session, long sequence, byte[] result) {
    long bytes = bytes(result);
    results.put(place(session.id(), sequence), result);
    resultBytes += bytes;
    // Anew: the write may have attached its key to this very session.
    put(standing(session.id()).withResult(bytes));
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
    byte[] place = place(session.id());
    forget(session, KeyRange.prefix(place));
    sessions.remove(place);
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
    TreeCursor<Session> cursor = sessions.cursor(KeyRange.all(), false);
    while (cursor.next()) {
      Session session = cursor.value();
      if (session.expiryMillis() <= nowMillis && work < workMax) {
        due.add(session);
        work += 1L + session.results() + session.keys();
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
    TreeCursor<Session> cursor = sessions.cursor(KeyRange.all(), false);
    while (cursor.next()) {
      open.add(cursor.value().heardAt(nowMillis));
    }
    open.forEach(this::put);
  }

  private void put(Session session) {
    sessions.put(place(session.id()), session);
  }

  /** What it takes to keep a result. */
  static long bytes(byte[] result) {
    return RESULT_BYTES + result.length;
  }

  private static byte[] place(long id) {
    return ByteBuffer.allocate(Long.BYTES).putLong(id).array();
  }

  /** Sequences are not negative here, so the order of the bytes is theirs. */
  static byte[] place(long id, long sequence) {
    return ByteBuffer.allocate(2 * Long.BYTES).putLong(id).putLong(sequence).array();
  }

  /** The sessions as they were after some entry. Immutable; for any thread. */
  record Frozen(
      CowBTree.Frozen<Session> sessions,
      CowBTree.Frozen<byte[]> results,
      long lastId,
      long resultBytes,
      OptionalLong nextExpiryMillis) {

    /** Open sessions above this id, ascending. */
    TreeCursor<Session> after(long id) {
      return sessions.cursor(KeyRange.of(place(id + 1), null), false);
    }

    /** The results kept for a session, by their sequences. */
    TreeCursor<byte[]> resultsOf(Session session) {
      return results.cursor(KeyRange.prefix(place(session.id())), false);
    }
  }
}
