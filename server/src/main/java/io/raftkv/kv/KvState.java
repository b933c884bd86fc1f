package io.raftkv.kv;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state that commands change: keys with their histories, revisions, expiry, sessions, hash.
 * Every member that applied the same entries has the same one. Confined to the apply lane; readers
 * get a {@link #freeze frozen} view.
 */
final class KvState {
  private final CowBTree<Version> tree;

  /**
   * The keys that exist, each as its own value: what a range delete walks, so that tombstones, of
   * which there may be many, cost it nothing. Never frozen, so never copied.
   */
  private final CowBTree<byte[]> live;

  private final ExpiryIndex expiry = new ExpiryIndex();
  private final AttachedKeys attached = new AttachedKeys();
  private final Sessions sessions;

  /** In the order of revisions, so a compaction takes from the front and looks at nothing else. */
  private final ArrayDeque<Superseded> superseded = new ArrayDeque<>();

  private long appliedIndex;
  private long clusterTimeMillis;
  private long revision;
  private long compactedRevision;
  private long stateHash;

  /** Invariant: the sum of what is superseded. */
  private long historyBytes;

  KvState() {
    this.tree = new CowBTree<>();
    this.live = new CowBTree<>();
    this.sessions = new Sessions();
  }

  /** The state that a snapshot holds; keys strictly ascending, each with its history. */
  KvState(SnapshotHeader header, List<byte[]> keys, List<Version> histories, Sessions sessions) {
    this.sessions = sessions;
    this.tree = CowBTree.ofSorted(keys, histories);
    this.appliedIndex = header.appliedIndex();
    this.clusterTimeMillis = header.clusterTimeMillis();
    this.revision = header.revision();
    this.compactedRevision = header.compactedRevision();
    this.stateHash = header.stateHash();
    List<byte[]> liveKeys = new ArrayList<>();
    List<Superseded> all = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      byte[] key = keys.get(i);
      Version newest = histories.get(i);
      if (!newest.isTombstone()) {
        liveKeys.add(key);
        bind(key, newest);
      }
      for (Version at = newest; at != null; at = at.older) {
        Superseded one = Superseded.by(key, at);
        if (one != null) {
          all.add(one);
        }
      }
    }
    this.live = CowBTree.ofSorted(liveKeys, liveKeys);
    all.sort(Superseded.BY_REVISION);
    all.forEach(this::supersede);
  }

  /** The key will go with its time or its session, if it has one. */
  private void bind(byte[] key, Version version) {
    if (version.expiryMillis() != 0) {
      expiry.add(version.expiryMillis(), key);
    }
    if (version.sessionId() != 0) {
      attached.add(version.sessionId(), key);
      sessions.attached(version.sessionId(), 1);
    }
  }

  private void unbind(byte[] key, Version version) {
    if (version.expiryMillis() != 0) {
      expiry.remove(version.expiryMillis(), key);
    }
    if (version.sessionId() != 0) {
      attached.remove(version.sessionId(), key);
      sessions.attached(version.sessionId(), -1);
    }
  }

  private void supersede(Superseded one) {
    superseded.add(one);
    historyBytes += one.bytes();
  }

  long revision() {
    return revision;
  }

  long compactedRevision() {
    return compactedRevision;
  }

  long appliedIndex() {
    return appliedIndex;
  }

  long clusterTimeMillis() {
    return clusterTimeMillis;
  }

  long stateHash() {
    return stateHash;
  }

  /** The state as it is now, in constant time. */
  KvView freeze() {
    Sessions.Frozen frozen = sessions.freeze();
    return new KvView(
        tree.freeze(),
        frozen,
        new SnapshotHeader(
            appliedIndex,
            clusterTimeMillis,
            revision,
            compactedRevision,
            stateHash,
            tree.size(),
            frozen.lastId(),
            frozen.sessions().size()),
        live.size(),
        historyBytes,
        expiry.earliestMillis());
  }

  /** Begins with an entry: its place, and the time, which never goes back. */
  void begin(long index, long term, int kindCode, long entryTimeMillis) {
    appliedIndex = index;
    clusterTimeMillis = Math.max(clusterTimeMillis, entryTimeMillis);
    mix(index);
    mix(term);
    mix(kindCode);
    mix(clusterTimeMillis);
  }

  /** Ends with an entry. */
  void end() {
    mix(revision);
    mix(compactedRevision);
    stateHash = Hash64.finish(stateHash);
  }

  /** The newest version of a key that exists; null if it does not. */
  @Nullable Version live(byte[] key) {
    Version newest = tree.get(key);
    return newest == null || newest.isTombstone() ? null : newest;
  }

  /** The newest version of a key, a tombstone perhaps; null if nothing is known of it. */
  @Nullable Version newest(byte[] key) {
    return tree.get(key);
  }

  /** Walks the keys of the range that exist. Good until the next change. */
  TreeCursor<byte[]> liveKeys(KeyRange range) {
    return live.cursor(range, false);
  }

  /** The revision of a request that will change something. All its changes share it. */
  long nextRevision() {
    return ++revision;
  }

  /**
   * Writes a value at the {@link #nextRevision revision} begun.
   *
   * @param newest what {@link #newest} says of the key
   * @param expiryMillis 0: never
   * @param sessionId of an open session that the key is attached to; 0: none
   */
  void put(byte[] key, @Nullable Version newest, byte[] value, long expiryMillis, long sessionId) {
    Version replaced = newest == null || newest.isTombstone() ? null : newest;
    long createRevision = replaced == null ? revision : replaced.createRevision;
    long version = replaced == null ? 1 : replaced.version + 1;
    Version written =
        Version.value(value, createRevision, revision, version, expiryMillis, sessionId, newest);
    write(key, written);
    if (replaced == null) {
      live.put(key, key);
    } else {
      unbind(key, replaced);
    }
    bind(key, written);
    mixBytes(key);
    mixBytes(value);
    mix(createRevision);
    mix(version);
    mix(expiryMillis);
    if (sessionId != 0) {
      mix(sessionId);
    }
  }

  /** Deletes a key that exists, at the {@link #nextRevision revision} begun. */
  void delete(byte[] key, Version deleted) {
    write(key, Version.tombstone(revision, deleted));
    live.remove(key);
    unbind(key, deleted);
    mixBytes(key);
    mix(-1);
  }

  private void write(byte[] key, Version version) {
    tree.put(key, version);
    Superseded left = Superseded.by(key, version);
    if (left != null) {
      supersede(left);
    }
  }

  /** The keys whose time has passed, the earliest first. */
  List<byte[]> due(int limit) {
    return expiry.due(clusterTimeMillis, limit);
  }

  /**
   * Forgets what only reads below this revision need, or below an earlier one if that is more than
   * the limits allow at a time. Looks only at what it forgets, and at the histories of those keys.
   */
  void compact(long requestedRevision, KvLimits limits) {
    long to = Math.min(requestedRevision, revision);
    if (to <= compactedRevision) {
      return;
    }
    List<byte[]> keys = new ArrayList<>();
    long bytes = 0;
    Superseded first = superseded.peek();
    while (first != null && first.revision() <= to) {
      superseded.remove();
      keys.add(first.key());
      bytes += first.bytes();
      Superseded next = superseded.peek();
      boolean isEnough =
          keys.size() >= limits.compactVersionsMax() || bytes >= limits.compactBytesMax();
      if (isEnough && next != null && next.revision() > first.revision()) {
        // A revision is forgotten as a whole: no read sees half of it.
        to = Math.min(to, next.revision() - 1);
      }
      first = next;
    }
    compactedRevision = to;
    historyBytes -= bytes;
    // Each key once: the history of a key written often would be copied for every one of its
    // writes.
    keys.sort(Arrays::compareUnsigned);
    for (int i = 0; i < keys.size(); i++) {
      if (i == 0 || !Arrays.equals(keys.get(i - 1), keys.get(i))) {
        compactKey(keys.get(i), to);
      }
    }
  }

  private void compactKey(byte[] key, long to) {
    Version newest = tree.get(key);
    if (newest == null) {
      return;
    }
    Version kept = newest.compacted(to);
    if (kept == null) {
      tree.remove(key);
    } else if (kept != newest) {
      tree.put(key, kept);
    }
  }

  /** An open session; null: it was never opened, or has ended. */
  @Nullable Session session(long id) {
    return sessions.find(id);
  }

  /** Whether a session ever had this id. */
  boolean wasSessionOpened(long id) {
    return sessions.wasOpened(id);
  }

  /** Sessions that are open. */
  long sessions() {
    return sessions.count();
  }

  /** What the results take that are kept for all sessions. */
  long sessionResultBytes() {
    return sessions.resultBytes();
  }

  Session openSession(String name, long ttlMillis) {
    Session session = sessions.open(name, ttlMillis, clusterTimeMillis);
    mix(session.id());
    mixBytes(name.getBytes(StandardCharsets.UTF_8));
    mix(ttlMillis);
    return session;
  }

  /**
   * The client of an open session was heard.
   *
   * @param firstOutstanding it has the results of sequences below; what it said before holds, too
   */
  Session sessionHeard(Session session, long firstOutstanding) {
    mix(session.id());
    mix(firstOutstanding);
    return sessions.heard(session, firstOutstanding, clusterTimeMillis);
  }

  void keepSessionResult(long sessionId, long sequence, byte[] result) {
    mix(sequence);
    mixBytes(result);
    sessions.keep(sessionId, sequence, result);
  }

  void closeSession(Session session) {
    end(List.of(session));
    mix(session.id());
    mix(-1);
  }

  /** Ends sessions whose time has passed; returns how many. */
  int expireSessions(int workMax) {
    List<Session> due = sessions.due(clusterTimeMillis, workMax);
    end(due);
    due.forEach(session -> mix(session.id()));
    return due.size();
  }

  /** What is attached to them goes first, at one revision for all. */
  private void end(List<Session> ended) {
    if (ended.stream().anyMatch(session -> session.keys() > 0)) {
      nextRevision();
    }
    for (Session session : ended) {
      for (byte[] key : attached.of(session.id())) {
        Version deleted = live(key);
        if (deleted == null) {
          throw new IllegalStateException("an attached key does not exist");
        }
        delete(key, deleted);
      }
      sessions.end(session);
    }
  }

  /** A term begins: whom the leader before had heard, this one must not let expire. */
  void renewSessions() {
    sessions.renew(clusterTimeMillis);
  }

  private void mix(long value) {
    stateHash = Hash64.mix(stateHash, value);
  }

  private void mixBytes(byte[] bytes) {
    stateHash = Hash64.mix(stateHash, bytes);
  }
}
