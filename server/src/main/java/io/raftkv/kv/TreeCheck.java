package io.raftkv.kv;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Checks the structure of a {@link CowBTree}. */
final class TreeCheck {
  private final int nodeMin;
  private final int nodeMax;
  private int leafDepth = -1;
  private long entries;

  TreeCheck(int nodeMin, int nodeMax) {
    this.nodeMin = nodeMin;
    this.nodeMax = nodeMax;
  }

  /** The number of entries below this root. */
  long check(CowBTree.Node root) {
    node(root, 0, null, null);
    return entries;
  }

  private void node(
      CowBTree.Node node, int depth, byte @Nullable [] low, byte @Nullable [] highExclusive) {
    int slots = node.slots.length;
    require(slots <= nodeMax, "a node too long", slots);
    require(depth == 0 || slots >= nodeMin, "a node too short", slots);
    require(node.keys.size() == (node.isLeaf ? slots : slots - 1), "keys and slots", slots);
    for (int i = 0; i < node.keys.size(); i++) {
      byte[] key = node.keys.get(i);
      require(node.keys.search(key) == i, "a key is not found", i);
      require(i == 0 || Arrays.compareUnsigned(node.keys.get(i - 1), key) < 0, "order of keys", i);
      require(low == null || Arrays.compareUnsigned(low, key) <= 0, "key below its node", i);
      require(
          highExclusive == null || Arrays.compareUnsigned(key, highExclusive) < 0,
          "key above its node",
          i);
    }
    if (node.isLeaf) {
      require(leafDepth < 0 || leafDepth == depth, "a leaf at depth", depth);
      leafDepth = depth;
      entries += slots;
      return;
    }
    require(slots >= 2, "a branch of", slots);
    for (int i = 0; i < slots; i++) {
      node(
          node.child(i),
          depth + 1,
          i == 0 ? low : node.keys.get(i - 1),
          i == slots - 1 ? highExclusive : node.keys.get(i));
    }
  }

  private static void require(boolean holds, String what, long value) {
    if (!holds) {
      throw new IllegalStateException(what + ": " + value);
    }
  }
}
