package io.raftkv.kv;

import java.util.ArrayList;
import java.util.List;

/** Builds the nodes of a {@link CowBTree} from sorted entries, level by level. */
final class TreeBuilder {
  private final Object edit;

  /** Some room is left, so that the first insertions do not split every node. */
  private final int fill;

  TreeBuilder(Object edit, int nodeMax) {
    this.edit = edit;
    this.fill = nodeMax * 3 / 4;
  }

  CowBTree.Node build(List<byte[]> keys, List<?> values) {
    if (keys.isEmpty()) {
      return new CowBTree.Node(edit, true, SortedKeys.EMPTY, new Object[0]);
    }
    List<CowBTree.Node> level = new ArrayList<>();
    // The least key below each node of the level: the separator before it, one level up.
    List<byte[]> firsts = new ArrayList<>();
    int count = parts(keys.size());
    for (int i = 0; i < count; i++) {
      int from = from(keys.size(), count, i);
      int to = from(keys.size(), count, i + 1);
      level.add(
          new CowBTree.Node(
              edit,
              true,
              SortedKeys.of(keys.subList(from, to)),
              values.subList(from, to).toArray()));
      firsts.add(keys.get(from));
    }
    while (level.size() > 1) {
      List<CowBTree.Node> above = new ArrayList<>();
      List<byte[]> firstsAbove = new ArrayList<>();
      int parts = parts(level.size());
      for (int i = 0; i < parts; i++) {
        int from = from(level.size(), parts, i);
        int to = from(level.size(), parts, i + 1);
        above.add(
            new CowBTree.Node(
                edit,
                false,
                SortedKeys.of(firsts.subList(from + 1, to)),
                level.subList(from, to).toArray()));
        firstsAbove.add(firsts.get(from));
      }
      level = above;
      firsts = firstsAbove;
    }
    return level.get(0);
  }

  private int parts(int entries) {
    return (entries + fill - 1) / fill;
  }

  /** Where part i of so many parts of even length begins. */
  private static int from(int entries, int parts, int i) {
    return (int) ((long) entries * i / parts);
  }
}
