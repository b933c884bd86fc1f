package io.raftkv.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * The keys of one node, strictly ascending as unsigned bytes. Immutable, so that copies of a node
 * share it.
 *
 * <p>Each comparison with a key is a miss of the cache, and a search is little else. So the 8 bytes
 * of each key that follow what all keys of the node have in common stand side by side in one array:
 * a search looks there first, and at a key or two in the end.
 */
final class SortedKeys {
  static final SortedKeys EMPTY = new SortedKeys(new byte[0][], new long[0], 0);

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final byte[][] keys;

  /** By key: {@link #head} behind the bytes skipped. Never descending. */
  private final long[] heads;

  /** All keys begin with the same so many bytes; it need not be all that they share. */
  private final int skip;

  private SortedKeys(byte[][] keys, long[] heads, int skip) {
    this.keys = keys;
    this.heads = heads;
    this.skip = skip;
  }

  static SortedKeys of(List<byte[]> keys) {
    return of(keys.toArray(new byte[0][]));
  }

  static SortedKeys of(byte[]... keys) {
    if (keys.length == 0) {
      return EMPTY;
    }
    // What the first and the last one share, those between them share too.
    byte[] first = keys[0];
    int mismatch = Arrays.mismatch(first, keys[keys.length - 1]);
    int skip = mismatch < 0 ? first.length : mismatch;
    long[] heads = new long[keys.length];
    for (int i = 0; i < keys.length; i++) {
      heads[i] = head(keys[i], skip);
    }
    return new SortedKeys(keys, heads, skip);
  }

  int size() {
    return keys.length;
  }

  byte[] get(int at) {
    return keys[at];
  }

  /** Index of the key, or {@code -(where it belongs) - 1}. */
  int search(byte[] key) {
    int size = keys.length;
    if (skip > 0) {
      int order = Arrays.compareUnsigned(key, 0, Math.min(skip, key.length), keys[0], 0, skip);
      if (order != 0) {
        return order < 0 ? -1 : -size - 1;
      }
    }
    long head = head(key, skip);
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (heads[middle] < head) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    high = size - 1;
    // Only now the keys themselves, from the first with this head on: mostly one, or none.
    int middle = low;
    while (low <= high) {
      int order =
          heads[middle] == head
              ? Arrays.compareUnsigned(keys[middle], key)
              : Long.compare(heads[middle], head);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
      middle = (low + high) >>> 1;
    }
    return -low - 1;
  }

  SortedKeys inserted(int at, byte[] key) {
    byte[][] longer = Arrays.copyOf(keys, keys.length + 1);
    System.arraycopy(keys, at, longer, at + 1, keys.length - at);
    longer[at] = key;
    if (keys.length == 0 || key.length < skip || !Arrays.equals(key, 0, skip, keys[0], 0, skip)) {
      return of(longer);
    }
    long[] longerHeads = Arrays.copyOf(heads, heads.length + 1);
    System.arraycopy(heads, at, longerHeads, at + 1, heads.length - at);
    longerHeads[at] = head(key, skip);
    return new SortedKeys(longer, longerHeads, skip);
  }

  SortedKeys removed(int at) {
    if (keys.length == 1) {
      return EMPTY;
    }
    byte[][] shorter = Arrays.copyOf(keys, keys.length - 1);
    System.arraycopy(keys, at + 1, shorter, at, shorter.length - at);
    long[] shorterHeads = Arrays.copyOf(heads, shorter.length);
    System.arraycopy(heads, at + 1, shorterHeads, at, shorter.length - at);
    return new SortedKeys(shorter, shorterHeads, skip);
  }

  /** With another key in the place of one, between the same neighbours. */
  SortedKeys replaced(int at, byte[] key) {
    byte[][] changed = keys.clone();
    changed[at] = key;
    return of(changed);
  }

  SortedKeys slice(int from, int toExclusive) {
    return of(Arrays.copyOfRange(keys, from, toExclusive));
  }

  /** These keys, and those of another, which are all greater. */
  SortedKeys followedBy(SortedKeys greater) {
    byte[][] both = Arrays.copyOf(keys, keys.length + greater.keys.length);
    System.arraycopy(greater.keys, 0, both, keys.length, greater.keys.length);
    return of(both);
  }

  /**
   * The 8 bytes from there on, or as many as there are and zeros, as a number that orders as they
   * do. Keys of equal heads may differ; of unequal heads, the order is that of the keys.
   */
  private static long head(byte[] key, int from) {
    long head;
    if (key.length - from >= Long.BYTES) {
      head = (long) LONGS.get(key, from);
    } else {
      head = 0;
      for (int i = from; i < from + Long.BYTES; i++) {
        head = head << 8 | (i < key.length ? key[i] & 0xFF : 0);
      }
    }
    // The order of bytes is unsigned, that of long is not.
    return head ^ Long.MIN_VALUE;
  }
}
