package io.raftkv.kv;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks the entries of a range of a {@link CowBTree}, upwards or downwards. Begins before the first
 * entry: call {@link #next} first. For one thread.
 */
final class TreeCursor<V> {
  private final KeyRange range;
  private final boolean reverse;
  private final int depth;

  /** The way down from the root to the leaf: each branch and the place of the child taken. */
  private final CowBTree.Node[] branches;

  private final int[] places;
  private CowBTree.Node leaf;

  /** Place of the current entry in the leaf. */
  private int at;

  TreeCursor(CowBTree.Node root, KeyRange range, boolean reverse) {
    this.range = range;
    this.reverse = reverse;
    this.depth = depth(root);
    this.branches = new CowBTree.Node[depth];
    this.places = new int[depth];
    byte @Nullable [] from = reverse ? range.endExclusiveOrNull() : range.start();
    CowBTree.Node node = root;
    for (int level = 0; level < depth; level++) {
      int place = from == null ? node.slots.length - 1 : CowBTree.childIndex(node.keys, from);
      branches[level] = node;
      places[level] = place;
      node = node.child(place);
    }
    leaf = node;
    // One step before the first entry: next() makes that step.
    int found = from == null ? -leaf.keys.size() - 1 : leaf.keys.search(from);
    int where = found >= 0 ? found : -found - 1;
    at = reverse ? where : where - 1;
  }

  /** Steps to the next entry; false at the end of the range, and from then on. */
  boolean next() {
    at += reverse ? -1 : 1;
    if ((at < 0 || at >= leaf.keys.size()) && !nextLeaf()) {
      at = reverse ? -1 : leaf.keys.size();
      return false;
    }
    if (isInRange(leaf.keys.get(at))) {
      return true;
    }
    at += reverse ? 1 : -1;
    return false;
  }

  byte[] key() {
    return leaf.keys.get(at);
  }

  @SuppressWarnings("unchecked")
  V value() {
    return (V) leaf.slots[at];
  }

  private boolean isInRange(byte[] key) {
    if (reverse) {
      return Arrays.compareUnsigned(range.start(), key) <= 0;
    }
    byte @Nullable [] end = range.endExclusiveOrNull();
    return end == null || Arrays.compareUnsigned(key, end) < 0;
  }

  private static int depth(CowBTree.Node root) {
    int depth = 0;
    for (CowBTree.Node node = root; !node.isLeaf; node = node.child(0)) {
      depth++;
    }
    return depth;
  }

  private boolean nextLeaf() {
    int step = reverse ? -1 : 1;
    int level = depth - 1;
    while (level >= 0) {
      int place = places[level] + step;
      if (place >= 0 && place < branches[level].slots.length) {
        break;
      }
      level--;
    }
    if (level < 0) {
      return false;
    }
    places[level] += step;
    CowBTree.Node node = branches[level].child(places[level]);
    for (level++; level < depth; level++) {
      branches[level] = node;
      places[level] = reverse ? node.slots.length - 1 : 0;
      node = node.child(places[level]);
    }
    leaf = node;
    at = reverse ? leaf.keys.size() - 1 : 0;
    return true;
  }
}
