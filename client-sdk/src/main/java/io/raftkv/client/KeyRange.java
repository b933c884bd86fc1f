package io.raftkv.client;

import org.jspecify.annotations.Nullable;

/**
 * Which keys: one, those with a prefix, those between two, or all. Immutable.
 *
 * @param kind which of the other components count
 * @param start the key, the prefix, or the first key; null where it does not apply
 * @param endExclusive where the range ends; null: at the last key
 */
public record KeyRange(
    Kind kind, @Nullable ByteSequence start, @Nullable ByteSequence endExclusive) {
  /** How a range is named. */
  public enum Kind {
    ALL,
    KEY,
    PREFIX,
    BETWEEN
  }

  public KeyRange {
    boolean isNamed = kind == Kind.KEY || kind == Kind.PREFIX;
    if (isNamed && start == null) {
      throw new IllegalArgumentException(kind + " needs its bytes");
    }
    if ((kind != Kind.BETWEEN && endExclusive != null) || (kind == Kind.ALL && start != null)) {
      throw new IllegalArgumentException("bounds go with BETWEEN only");
    }
    if (kind == Kind.BETWEEN
        && start != null
        && endExclusive != null
        && start.compareTo(endExclusive) > 0) {
      throw new IllegalArgumentException("the range ends before it starts");
    }
  }

  /** Every key. */
  public static KeyRange all() {
    return new KeyRange(Kind.ALL, null, null);
  }

  /** Exactly this key. */
  public static KeyRange key(ByteSequence key) {
    return new KeyRange(Kind.KEY, key, null);
  }

  /** Exactly this key, UTF-8. */
  public static KeyRange key(String key) {
    return key(ByteSequence.of(key));
  }

  /** The keys that start with these bytes; empty: every key. */
  public static KeyRange prefix(ByteSequence prefix) {
    return new KeyRange(Kind.PREFIX, prefix, null);
  }

  /** The keys that start with this text, UTF-8. */
  public static KeyRange prefix(String prefix) {
    return prefix(ByteSequence.of(prefix));
  }

  /** From {@code start} on. */
  public static KeyRange from(ByteSequence start) {
    return new KeyRange(Kind.BETWEEN, start, null);
  }

  /** Up to, and without, {@code endExclusive}. */
  public static KeyRange until(ByteSequence endExclusive) {
    return new KeyRange(Kind.BETWEEN, null, endExclusive);
  }

  /** From {@code start} up to, and without, {@code endExclusive}. */
  public static KeyRange between(ByteSequence start, ByteSequence endExclusive) {
    return new KeyRange(Kind.BETWEEN, start, endExclusive);
  }
}
