package io.raftkv.kv;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Which keys may be deleted when, the earliest first, and of one time in key order. Derived from
 * the newest versions. Confined to the apply lane.
 */
final class ExpiryIndex {
  /** Time as 8 bytes, big-endian, then the key: that order is the order of the tree. */
  private final CowBTree<byte[]> tree = new CowBTree<>();

  /** Null: not known since the last change. Every batch asks, few batches change it. */
  private @Nullable OptionalLong earliest = OptionalLong.empty();

  void add(long expiryMillis, byte[] key) {
    tree.put(place(expiryMillis, key), key);
    earliest = null;
  }

  void remove(long expiryMillis, byte[] key) {
    tree.remove(place(expiryMillis, key));
    earliest = null;
  }

  /** The keys whose time is now or before, the earliest first, at most so many. */
  List<byte[]> due(long nowMillis, int limit) {
    List<byte[]> keys = new ArrayList<>();
    TreeCursor<byte[]> cursor = tree.cursor(KeyRange.all(), false);
    while (keys.size() < limit && cursor.next() && millis(cursor.key()) <= nowMillis) {
      keys.add(cursor.value());
    }
    return keys;
  }

  OptionalLong earliestMillis() {
    OptionalLong known = earliest;
    if (known == null) {
      TreeCursor<byte[]> cursor = tree.cursor(KeyRange.all(), false);
      known = cursor.next() ? OptionalLong.of(millis(cursor.key())) : OptionalLong.empty();
      earliest = known;
    }
    return known;
  }

  private static byte[] place(long expiryMillis, byte[] key) {
    return ByteBuffer.allocate(Long.BYTES + key.length).putLong(expiryMillis).put(key).array();
  }

  private static long millis(byte[] place) {
    return ByteBuffer.wrap(place).getLong();
  }
}
