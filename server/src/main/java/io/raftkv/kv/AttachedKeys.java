package io.raftkv.kv;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Which keys are attached to which session, by the session and in key order. Derived from the
 * newest versions. Confined to the apply lane.
 */
final class AttachedKeys {
  /** The id of the session as 8 bytes, big-endian, then the key: the order of the tree. */
  private final CowBTree<byte[]> tree = new CowBTree<>();

  void add(long sessionId, byte[] key) {
    tree.put(place(sessionId, key), key);
  }

  void remove(long sessionId, byte[] key) {
    tree.remove(place(sessionId, key));
  }

  List<byte[]> of(long sessionId) {
    List<byte[]> keys = new ArrayList<>();
    TreeCursor<byte[]> cursor = tree.cursor(KeyRange.prefix(place(sessionId, new byte[0])), false);
    while (cursor.next()) {
      keys.add(cursor.value());
    }
    return keys;
  }

  private static byte[] place(long sessionId, byte[] key) {
    return ByteBuffer.allocate(Long.BYTES + key.length).putLong(sessionId).put(key).array();
  }
}
