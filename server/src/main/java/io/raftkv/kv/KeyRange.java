package io.raftkv.kv;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A half-open range of keys in the order of their unsigned bytes. A range whose start is not below
 * its end is empty. The arrays must not be changed.
 *
 * @param start the first key of the range; empty for the first of all
 * @param endExclusiveOrNull where the range ends; null for behind the last key
 */
public record KeyRange(byte[] start, byte @Nullable [] endExclusiveOrNull) {
  private static final KeyRange ALL = new KeyRange(new byte[0], null);

  /** Every key. */
  public static KeyRange all() {
    return ALL;
  }

  /** From start to just before end; null for the last key included. */
  public static KeyRange of(byte[] start, byte @Nullable [] endExclusiveOrNull) {
    return new KeyRange(start, endExclusiveOrNull);
  }

  /** Every key that begins with these bytes; an empty prefix means every key. */
  public static KeyRange prefix(byte[] prefix) {
    return new KeyRange(prefix, afterPrefix(prefix));
  }

  /** This key alone. */
  public static KeyRange single(byte[] key) {
    // The next key in order is this one with a zero byte behind it.
    return new KeyRange(key, Arrays.copyOf(key, key.length + 1));
  }

  public boolean contains(byte[] key) {
    return Arrays.compareUnsigned(start, key) <= 0
        && (endExclusiveOrNull == null || Arrays.compareUnsigned(key, endExclusiveOrNull) < 0);
  }

  /** Whether no key can be in it. */
  public boolean isEmpty() {
    return endExclusiveOrNull != null && Arrays.compareUnsigned(start, endExclusiveOrNull) >= 0;
  }

  /** The least byte string above all that begin with the prefix; null if there is none. */
  private static byte @Nullable [] afterPrefix(byte[] prefix) {
    int length = prefix.length;
    while (length > 0 && prefix[length - 1] == (byte) 0xFF) {
      length--;
    }
    if (length == 0) {
      return null;
    }
    byte[] end = Arrays.copyOf(prefix, length);
    end[length - 1]++;
    return end;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyRange that
        && Arrays.equals(start, that.start)
        && Arrays.equals(endExclusiveOrNull, that.endExclusiveOrNull);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(start) + Arrays.hashCode(endExclusiveOrNull);
  }

  @Override
  public String toString() {
    return "["
        + Arrays.toString(start)
        + ", "
        + (endExclusiveOrNull == null ? "end" : Arrays.toString(endExclusiveOrNull))
        + ")";
  }
}
