package io.raftkv.kv;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of a key: a value or a tombstone, and the version before it. The newest version of a
 * key is the head of its history and what the tree holds. Immutable.
 *
 * <p>Revisions fall along the chain. A history never ends in a tombstone that a compaction has
 * reached: no version at or below a revision means that the key did not exist.
 */
class Version {
  /** Null: a tombstone; the key does not exist from {@link #modRevision} on. */
  final byte @Nullable [] value;

  final long createRevision;
  final long modRevision;
  final long version;
  final @Nullable Version older;

  private Version(
      byte @Nullable [] value,
      long createRevision,
      long modRevision,
      long version,
      @Nullable Version older) {
    this.value = value;
    this.createRevision = createRevision;
    this.modRevision = modRevision;
    this.version = version;
    this.older = older;
  }

  /** A version that will not stay; a class of its own, because few keys pay for the fields. */
  private static final class Passing extends Version {
    private final long expiryMillis;
    private final long sessionId;

    Passing(Version version, @Nullable Version older, long expiryMillis, long sessionId) {
      super(version.value, version.createRevision, version.modRevision, version.version, older);
      this.expiryMillis = expiryMillis;
      this.sessionId = sessionId;
    }

    @Override
    long expiryMillis() {
      return expiryMillis;
    }

    @Override
    long sessionId() {
      return sessionId;
    }
  }

  /**
   * A value.
   *
   * @param expiryMillis cluster time from which the key may be deleted; 0: never
   * @param sessionId the session that the key is attached to; 0: none
   */
  static Version value(
      byte[] value,
      long createRevision,
      long modRevision,
      long version,
      long expiryMillis,
      long sessionId,
      @Nullable Version older) {
    Version plain = new Version(value, createRevision, modRevision, version, older);
    return expiryMillis == 0 && sessionId == 0
        ? plain
        : new Passing(plain, older, expiryMillis, sessionId);
  }

  static Version tombstone(long modRevision, @Nullable Version older) {
    return new Version(null, 0, modRevision, 0, older);
  }

  boolean isTombstone() {
    return value == null;
  }

  /** Cluster time from which the key may be deleted; 0: never. */
  long expiryMillis() {
    return 0;
  }

  /** The session that the key is attached to; 0: none. */
  long sessionId() {
    return 0;
  }

  /** The same version before another past. */
  Version withOlder(@Nullable Version other) {
    Version plain = new Version(value, createRevision, modRevision, version, other);
    return expiryMillis() == 0 && sessionId() == 0
        ? plain
        : new Passing(plain, other, expiryMillis(), sessionId());
  }

  /** What a read at this revision finds in the history that begins here; null: no such key. */
  @Nullable Version visibleAt(long revision) {
    Version at = this;
    while (at != null && at.modRevision > revision) {
      at = at.older;
    }
    return at == null || at.isTombstone() ? null : at;
  }

  KeyVersion of(byte[] key) {
    byte[] bytes = value;
    if (bytes == null) {
      throw new IllegalStateException("a tombstone is not a version of a key");
    }
    return new KeyVersion(key, bytes, createRevision, modRevision, version, sessionId());
  }

  /**
   * The history that begins here without what only reads below this revision need. This very object
   * if there is nothing to forget, null if nothing remains.
   */
  @Nullable Version compacted(long revision) {
    Version base = this;
    int newer = 0;
    while (base != null && base.modRevision > revision) {
      base = base.older;
      newer++;
    }
    if (base == null || (!base.isTombstone() && base.older == null)) {
      return this;
    }
    List<Version> kept = new ArrayList<>(newer);
    Version at = this;
    for (int i = 0; i < newer && at != null; i++) {
      kept.add(at);
      at = at.older;
    }
    Version history = base.isTombstone() ? null : base.withOlder(null);
    for (int i = kept.size() - 1; i >= 0; i--) {
      history = kept.get(i).withOlder(history);
    }
    return history;
  }
}
