package io.raftkv.kv;

import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the state hashed to after each of the latest entries. Written by one thread, read by any.
 */
final class RecentHashes {
  /** Entries; a power of two. */
  static final int SIZE = 1 << 14;

  /** For each entry: its index, 0 while the hash changes, and the hash. */
  private final AtomicLongArray slots = new AtomicLongArray(2 * SIZE);

  void add(long index, long hash) {
    int at = slot(index);
    // In this order for whoever reads; the writer waits for nobody.
    slots.setRelease(at, 0);
    slots.setRelease(at + 1, hash);
    slots.setRelease(at, index);
  }

  /** What was added so far belongs to a state that is gone. */
  void restartAt(long index, long hash) {
    for (int i = 0; i < slots.length(); i += 2) {
      slots.set(i, 0);
    }
    add(index, hash);
  }

  /** Empty if that is too long ago, or was never added. */
  OptionalLong at(long index) {
    int at = slot(index);
    boolean isThere = index > 0 && slots.get(at) == index;
    long hash = slots.get(at + 1);
    return isThere && slots.get(at) == index ? OptionalLong.of(hash) : OptionalLong.empty();
  }

  private static int slot(long index) {
    return (int) (index & (SIZE - 1)) << 1;
  }
}
