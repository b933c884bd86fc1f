package io.raftkv.kv;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A B+tree over byte strings in unsigned order, copy-on-write, with {@link #freeze} in constant
 * time.
 *
 * <p>Every node names the edit that made it. Within one edit, from a freeze to the next, the nodes
 * made by it are changed in place; any other node may be part of a frozen tree and is copied first,
 * and so is its parent, up to the root:
 *
 * <pre>
 *   frozen  root  --+--> a          root' is of this edit, shares a and c,
 *                   +--> b          and b' is b with the change in it
 *                   +--> c
 *   live    root' --+--> a, b', c
 * </pre>
 *
 * <p>One thread writes. A frozen tree may be read by any thread that got it through a volatile
 * field or the like. Keys and values must not be changed once they are in.
 */
final class CowBTree<V> {
  /** Wide enough to be shallow, small enough to be copied for a single write. */
  private static final int NODE_MAX = 64;

  private static final Object[] NO_SLOTS = {};

  /**
   * A leaf (slot i is the value of key i) or a branch (slot i is the child with the keys from key
   * i-1 on and below key i). Arrays are as long as they are full: no slack in memory.
   */
  static final class Node {
    private final Object edit;
    final boolean isLeaf;

    SortedKeys keys;

    /** Belongs to this node alone. */
    Object[] slots;

    Node(Object edit, boolean isLeaf, SortedKeys keys, Object[] slots) {
      this.edit = edit;
      this.isLeaf = isLeaf;
      this.keys = keys;
      this.slots = slots;
    }

    Node child(int at) {
      return (Node) slots[at];
    }
  }

  /** A tree that no longer changes. For any thread. */
  static final class Frozen<V> {
    private final Node root;
    private final long size;

    private Frozen(Node root, long size) {
      this.root = root;
      this.size = size;
    }

    long size() {
      return size;
    }

    @Nullable V get(byte[] key) {
      return CowBTree.get(root, key);
    }

    TreeCursor<V> cursor(KeyRange range, boolean reverse) {
      return new TreeCursor<>(root, range, reverse);
    }
  }

  private final int nodeMax;
  private final int nodeMin;
  private Object edit = new Object();
  private Node root;
  private long size;

  /** Where the last {@link #get} went. Whoever changes a key has mostly looked at it before. */
  private final Descent found = new Descent();

  CowBTree() {
    this(NODE_MAX);
  }

  CowBTree(int nodeMax) {
    if (nodeMax < 4) {
      throw new IllegalArgumentException("nodes of " + nodeMax);
    }
    this.nodeMax = nodeMax;
    this.nodeMin = Math.max(2, nodeMax / 4);
    this.root = new Node(edit, true, SortedKeys.EMPTY, NO_SLOTS);
  }

  /** A tree of these keys, strictly ascending, and their values. */
  static <V> CowBTree<V> ofSorted(List<byte[]> keys, List<V> values) {
    return ofSorted(NODE_MAX, keys, values);
  }

  static <V> CowBTree<V> ofSorted(int nodeMax, List<byte[]> keys, List<V> values) {
    CowBTree<V> tree = new CowBTree<>(nodeMax);
    tree.root = new TreeBuilder(tree.edit, nodeMax).build(keys, values);
    tree.size = keys.size();
    return tree;
  }

  long size() {
    return size;
  }

  /** What follows it with the same key need not search again. */
  @Nullable V get(byte[] key) {
    found.to(root, key);
    return found.isThere() ? value(found.leaf(), found.at()) : null;
  }

  /** The tree as it is now; later changes do not touch it. */
  Frozen<V> freeze() {
    edit = new Object();
    return new Frozen<>(root, size);
  }

  /** The cursor is good until the next change. */
  TreeCursor<V> cursor(KeyRange range, boolean reverse) {
    return new TreeCursor<>(root, range, reverse);
  }

  /** Sets the value of the key. */
  void put(byte[] key, V value) {
    if (found.isTo(key) && found.isThere()) {
      replaceFound(value);
      return;
    }
    found.forget();
    Node changed = insert(root, key, value);
    if (changed.slots.length > nodeMax) {
      Node right = splitRightHalf(changed);
      byte[] separator = separator(changed, right);
      changed = splitLeftHalf(changed);
      changed = new Node(edit, false, SortedKeys.of(separator), new Object[] {changed, right});
    }
    root = changed;
  }

  /** Puts a value in the place of the one that was found last. */
  private void replaceFound(V value) {
    Object slot = value;
    for (int depth = found.depth(); depth >= 0; depth--) {
      Node node = withSlot(found.node(depth), found.at(depth), slot);
      if (node == found.node(depth)) {
        // Changed in place: what leads to it stays as it is.
        found.forget();
        return;
      }
      slot = node;
    }
    root = (Node) slot;
    found.forget();
  }

  /** Removes the key; false if it is not there. */
  boolean remove(byte[] key) {
    if (get(key) == null) {
      return false;
    }
    found.forget();
    Node changed = delete(root, key);
    while (!changed.isLeaf && changed.slots.length == 1) {
      changed = changed.child(0);
    }
    root = changed;
    size--;
    return true;
  }

  /** Which child of a branch holds the key: a separator is the least key of its right side. */
  static int childIndex(SortedKeys separators, byte[] key) {
    int at = separators.search(key);
    return at >= 0 ? at + 1 : -at - 1;
  }

  private static <V> @Nullable V get(Node root, byte[] key) {
    Node node = root;
    while (!node.isLeaf) {
      node = node.child(childIndex(node.keys, key));
    }
    int at = node.keys.search(key);
    return at >= 0 ? value(node, at) : null;
  }

  @SuppressWarnings("unchecked")
  private static <V> V value(Node leaf, int at) {
    return (V) leaf.slots[at];
  }

  /** The way from a root to where a key is, or would be. Good until the next change. */
  private static final class Descent {
    /** A tree of this height has no room in any memory: nodes hold four entries or more. */
    private static final int HEIGHT_MAX = 32;

    private final Node[] nodes = new Node[HEIGHT_MAX];

    /** Which slot of each node; of the leaf as {@link SortedKeys#search} says. */
    private final int[] slots = new int[HEIGHT_MAX];

    private int depth;
    private byte @Nullable [] key;

    void to(Node root, byte[] sought) {
      Node node = root;
      depth = 0;
      while (!node.isLeaf) {
        int at = childIndex(node.keys, sought);
        nodes[depth] = node;
        slots[depth] = at;
        depth++;
        node = node.child(at);
      }
      nodes[depth] = node;
      slots[depth] = node.keys.search(sought);
      key = sought;
    }

    void forget() {
      key = null;
    }

    /** By identity: nobody changes a key. */
    @SuppressWarnings("ReferenceEquality")
    boolean isTo(byte[] sought) {
      return key == sought;
    }

    boolean isThere() {
      return at() >= 0;
    }

    /** Of the leaf; the root has 0. */
    int depth() {
      return depth;
    }

    Node leaf() {
      return nodes[depth];
    }

    int at() {
      return slots[depth];
    }

    Node node(int ofDepth) {
      return nodes[ofDepth];
    }

    int at(int ofDepth) {
      return slots[ofDepth];
    }
  }

  /** The node with the entry in it, of this edit; it may be one slot too long. */
  private Node insert(Node node, byte[] key, V value) {
    if (node.isLeaf) {
      int at = node.keys.search(key);
      if (at >= 0) {
        return withSlot(node, at, value);
      }
      size++;
      int where = -at - 1;
      return with(node, node.keys.inserted(where, key), inserted(node.slots, where, value));
    }
    int at = childIndex(node.keys, key);
    Node child = insert(node.child(at), key, value);
    if (child.slots.length <= nodeMax) {
      return withSlot(node, at, child);
    }
    Node right = splitRightHalf(child);
    byte[] separator = separator(child, right);
    Object[] slots = inserted(node.slots, at + 1, right);
    slots[at] = splitLeftHalf(child);
    return with(node, node.keys.inserted(at, separator), slots);
  }

  /** The node without the key, of this edit; it may be too short. The key is there. */
  private Node delete(Node node, byte[] key) {
    if (node.isLeaf) {
      int at = node.keys.search(key);
      return with(node, node.keys.removed(at), removed(node.slots, at));
    }
    int at = childIndex(node.keys, key);
    Node child = delete(node.child(at), key);
    if (child.slots.length >= nodeMin) {
      return withSlot(node, at, child);
    }
    Node parent = withSlot(node, at, child);
    return joinWithNext(parent, at > 0 ? at - 1 : at);
  }

  /** Makes one node of the children at and at + 1, or two of even length if one is too short. */
  private Node joinWithNext(Node parent, int at) {
    Node left = parent.child(at);
    Node right = parent.child(at + 1);
    SortedKeys lower =
        left.isLeaf ? left.keys : left.keys.inserted(left.keys.size(), parent.keys.get(at));
    SortedKeys keys = lower.followedBy(right.keys);
    Object[] slots = concatenated(left.slots, right.slots);
    Node joined = new Node(edit, left.isLeaf, keys, slots);
    if (slots.length <= nodeMax) {
      parent.slots[at] = joined;
      return with(parent, parent.keys.removed(at), removed(parent.slots, at + 1));
    }
    Node half = splitRightHalf(joined);
    parent.keys = parent.keys.replaced(at, separator(joined, half));
    parent.slots[at] = splitLeftHalf(joined);
    parent.slots[at + 1] = half;
    return parent;
  }

  private Node splitRightHalf(Node node) {
    int middle = node.slots.length / 2;
    return new Node(
        edit,
        node.isLeaf,
        node.keys.slice(middle, node.keys.size()),
        Arrays.copyOfRange(node.slots, middle, node.slots.length));
  }

  private Node splitLeftHalf(Node node) {
    int middle = node.slots.length / 2;
    return with(
        node,
        node.keys.slice(0, node.isLeaf ? middle : middle - 1),
        Arrays.copyOf(node.slots, middle));
  }

  /** What stands between the halves of a node that is still whole. */
  private static byte[] separator(Node whole, Node right) {
    return whole.isLeaf ? right.keys.get(0) : whole.keys.get(whole.slots.length / 2 - 1);
  }

  private Node with(Node node, SortedKeys keys, Object[] slots) {
    if (node.edit != edit) {
      return new Node(edit, node.isLeaf, keys, slots);
    }
    node.keys = keys;
    node.slots = slots;
    return node;
  }

  private Node withSlot(Node node, int at, Object slot) {
    if (node.slots[at] == slot && node.edit == edit) {
      return node;
    }
    Node writable =
        node.edit == edit ? node : new Node(edit, node.isLeaf, node.keys, node.slots.clone());
    writable.slots[at] = slot;
    return writable;
  }

  private static Object[] inserted(Object[] array, int at, Object element) {
    Object[] longer = Arrays.copyOf(array, array.length + 1);
    System.arraycopy(array, at, longer, at + 1, array.length - at);
    longer[at] = element;
    return longer;
  }

  private static Object[] removed(Object[] array, int at) {
    Object[] shorter = Arrays.copyOf(array, array.length - 1);
    System.arraycopy(array, at + 1, shorter, at, array.length - at - 1);
    return shorter;
  }

  private static Object[] concatenated(Object[] left, Object[] right) {
    Object[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }

  /**
   * Checks the structure: order, fill, equal depth, size.
   *
   * @throws IllegalStateException that says what is wrong
   */
  void check() {
    long found = new TreeCheck(nodeMin, nodeMax).check(root);
    if (found != size) {
      throw new IllegalStateException("size " + size + ", but " + found + " entries");
    }
  }
}
