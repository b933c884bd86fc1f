package io.raftkv.kv;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state that commands change: keys with their histories, revisions, expiry, hash. Every member
 * that applied the same entries has the same one. Confined to the apply lane; readers get a {@link
 * #freeze frozen} view.
 */
final class KvState {
  /** The write at this revision left something behind it that a compaction will forget. */
  private record Superseded(long revision, byte[] key) {}

  private static final Comparator<Superseded> BY_REVISION =
      Comparator.comparingLong(Superseded::revision);

  private final CowBTree<Version> tree;
  private final ExpiryIndex expiry = new ExpiryIndex();

  /** In the order of revisions, so a compaction takes from the front and looks at nothing else. */
  private final ArrayDeque<Superseded> superseded = new ArrayDeque<>();

  private long appliedIndex;
  private long clusterTimeMillis;
  private long revision;
  private long compactedRevision;
  private long stateHash;
  private long liveKeys;

  KvState() {
    this.tree = new CowBTree<>();
  }

  /** The state that a snapshot holds; keys strictly ascending, each with its history. */
  KvState(SnapshotHeader header, List<byte[]> keys, List<Version> histories) {
    this.tree = CowBTree.ofSorted(keys, histories);
    this.appliedIndex = header.appliedIndex();
    this.clusterTimeMillis = header.clusterTimeMillis();
    this.revision = header.revision();
    this.compactedRevision = header.compactedRevision();
    this.stateHash = header.stateHash();
    List<Superseded> all = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      byte[] key = keys.get(i);
      Version newest = histories.get(i);
      if (!newest.isTombstone()) {
        liveKeys++;
        if (newest.expiryMillis() != 0) {
          expiry.add(newest.expiryMillis(), key);
        }
      }
      for (Version at = newest; at != null; at = at.older) {
        if (at.older != null || at.isTombstone()) {
          all.add(new Superseded(at.modRevision, key));
        }
      }
    }
    all.sort(BY_REVISION);
    superseded.addAll(all);
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

  /** The state as it is now, in constant time. */
  KvView freeze() {
    return new KvView(
        tree.freeze(),
        new SnapshotHeader(
            appliedIndex, clusterTimeMillis, revision, compactedRevision, stateHash, tree.size()),
        liveKeys,
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

  /** Walks the keys of the range; tombstones are among them. Good until the next change. */
  TreeCursor<Version> cursor(KeyRange range) {
    return tree.cursor(range, false);
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
   */
  void put(byte[] key, @Nullable Version newest, byte[] value, long expiryMillis) {
    Version live = newest == null || newest.isTombstone() ? null : newest;
    long createRevision = live == null ? revision : live.createRevision;
    long version = live == null ? 1 : live.version + 1;
    tree.put(key, Version.value(value, createRevision, revision, version, expiryMillis, newest));
    if (newest != null) {
      superseded.add(new Superseded(revision, key));
    }
    if (live == null) {
      liveKeys++;
    } else if (live.expiryMillis() != 0) {
      expiry.remove(live.expiryMillis(), key);
    }
    if (expiryMillis != 0) {
      expiry.add(expiryMillis, key);
    }
    mixBytes(key);
    mixBytes(value);
    mix(createRevision);
    mix(version);
    mix(expiryMillis);
  }

  /** Deletes a key that exists, at the {@link #nextRevision revision} begun. */
  void delete(byte[] key, Version live) {
    tree.put(key, Version.tombstone(revision, live));
    superseded.add(new Superseded(revision, key));
    liveKeys--;
    if (live.expiryMillis() != 0) {
      expiry.remove(live.expiryMillis(), key);
    }
    mixBytes(key);
    mix(-1);
  }

  /** The keys whose time has passed, the earliest first. */
  List<byte[]> due(int limit) {
    return expiry.due(clusterTimeMillis, limit);
  }

  /**
   * Forgets what only reads below this revision need. The work is that of the writes since the last
   * compaction, whatever the number of keys.
   */
  void compact(long requestedRevision) {
    long to = Math.min(requestedRevision, revision);
    if (to <= compactedRevision) {
      return;
    }
    compactedRevision = to;
    List<byte[]> keys = new ArrayList<>();
    Superseded first = superseded.peek();
    while (first != null && first.revision() <= to) {
      keys.add(first.key());
      superseded.remove();
      first = superseded.peek();
    }
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

  private void mix(long value) {
    stateHash = Hash64.mix(stateHash, value);
  }

  private void mixBytes(byte[] bytes) {
    stateHash = Hash64.mix(stateHash, bytes);
  }
}
