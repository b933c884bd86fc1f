package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CowBTreeTest {
  private record Kept(CowBTree.Frozen<Integer> frozen, TreeMap<byte[], Integer> model) {}

  @ParameterizedTest
  @ValueSource(ints = {4, 5, 8, 64})
  void behavesLikeASortedMapAndFrozenTreesDoNotChange(int nodeMax) {
    for (long seed = 1; seed <= 8; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      CowBTree<Integer> tree = new CowBTree<>(nodeMax);
      TreeMap<byte[], Integer> model = new TreeMap<>(Arrays::compareUnsigned);
      List<Kept> kept = new ArrayList<>();
      int keySpace = 50 + random.nextInt(1_500);
      byte[] last = key(random, keySpace);

      for (int step = 0; step < 4_000; step++) {
        // The very key that was looked up last, often: the tree knows the way to it.
        byte[] key = random.nextInt(3) == 0 ? last : key(random, keySpace);
        last = key;
        // Grows, then shrinks to nothing, then grows again.
        boolean isRemoval = random.nextInt(10) < (step / 1_000 % 2 == 0 ? 2 : 8);
        if (isRemoval) {
          assertThat(tree.remove(key)).isEqualTo(model.remove(key) != null);
        } else {
          tree.put(key, step);
          model.put(key, step);
        }
        assertThat(tree.get(key)).isEqualTo(model.get(key));
        if (random.nextInt(20) == 0) {
          CowBTree.Frozen<Integer> frozen = tree.freeze();
          if (random.nextInt(10) == 0) {
            kept.add(new Kept(frozen, new TreeMap<>(model)));
          }
        }
        if (step % 97 == 0) {
          tree.check();
          assertThat(tree.size()).isEqualTo(model.size());
        }
      }

      tree.check();
      kept.add(new Kept(tree.freeze(), model));
      for (Kept one : kept) {
        assertSame(one.frozen(), one.model(), random, keySpace);
      }
    }
  }

  @Test
  void removingEverythingLeavesAnEmptyTree() {
    CowBTree<Integer> tree = new CowBTree<>(4);
    for (int i = 0; i < 1_000; i++) {
      tree.put(bytes(i * 7 % 1_000), i);
    }
    CowBTree.Frozen<Integer> full = tree.freeze();

    for (int i = 0; i < 1_000; i++) {
      assertThat(tree.remove(bytes(i * 3 % 1_000))).isTrue();
      tree.check();
    }

    assertThat(tree.size()).isZero();
    assertThat(tree.cursor(KeyRange.all(), false).next()).isFalse();
    assertThat(tree.cursor(KeyRange.all(), true).next()).isFalse();
    assertThat(full.size()).isEqualTo(1_000);
    assertThat(full.get(bytes(999))).isNotNull();
  }

  @Test
  void aTreeBuiltFromSortedEntriesIsSoundAtEverySizeAndCanBeChanged() {
    for (int nodeMax : new int[] {4, 6, 64}) {
      for (int size = 0; size <= 300; size++) {
        List<byte[]> keys = new ArrayList<>();
        List<Integer> values = new ArrayList<>();
        for (int i = 0; i < size; i++) {
          keys.add(bytes(2 * i));
          values.add(i);
        }

        CowBTree<Integer> tree = CowBTree.ofSorted(nodeMax, keys, values);

        tree.check();
        for (int i = 0; i < size; i++) {
          assertThat(tree.get(bytes(2 * i))).isEqualTo(i);
          assertThat(tree.get(bytes(2 * i + 1))).isNull();
        }
        for (int i = 0; i < size; i += 3) {
          tree.put(bytes(2 * i + 1), i);
          assertThat(tree.remove(bytes(2 * i))).isTrue();
        }
        tree.check();
      }
    }
  }

  private static void assertSame(
      CowBTree.Frozen<Integer> frozen,
      TreeMap<byte[], Integer> model,
      SplittableRandom random,
      int keySpace) {
    assertThat(frozen.size()).isEqualTo(model.size());
    assertRange(frozen, model, KeyRange.all(), model);
    for (int i = 0; i < 30; i++) {
      byte[] start = key(random, keySpace);
      byte[] end = key(random, keySpace);
      boolean isEmpty = Arrays.compareUnsigned(start, end) >= 0;
      assertRange(
          frozen,
          model,
          KeyRange.of(start, end),
          isEmpty ? new TreeMap<>() : model.subMap(start, true, end, false));
      assertRange(frozen, model, KeyRange.of(start, null), model.tailMap(start, true));
      byte[] prefix = Arrays.copyOf(start, 1);
      NavigableMap<byte[], Integer> withPrefix = new TreeMap<>(Arrays::compareUnsigned);
      model.forEach(
          (key, value) -> {
            if (key.length > 0 && key[0] == prefix[0]) {
              withPrefix.put(key, value);
            }
          });
      assertRange(frozen, model, KeyRange.prefix(prefix), withPrefix);
    }
  }

  private static void assertRange(
      CowBTree.Frozen<Integer> frozen,
      TreeMap<byte[], Integer> model,
      KeyRange range,
      NavigableMap<byte[], Integer> expected) {
    for (boolean reverse : new boolean[] {false, true}) {
      TreeCursor<Integer> cursor = frozen.cursor(range, reverse);
      for (Map.Entry<byte[], Integer> entry :
          (reverse ? expected.descendingMap() : expected).entrySet()) {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key()).isEqualTo(entry.getKey());
        assertThat(cursor.value()).isEqualTo(entry.getValue()).isEqualTo(model.get(cursor.key()));
      }
      assertThat(cursor.next()).isFalse();
      assertThat(cursor.next()).isFalse();
    }
  }

  /** Of 1 to 3 bytes, low and high ones, so that prefixes and the sign of bytes matter. */
  private static byte[] key(SplittableRandom random, int keySpace) {
    int number = random.nextInt(keySpace);
    byte[] key = {(byte) (number * 37), (byte) (number >> 3), (byte) (255 - number % 7)};
    return Arrays.copyOf(key, 1 + number % 3);
  }

  private static byte[] bytes(int number) {
    return new byte[] {(byte) (number >> 16), (byte) (number >> 8), (byte) number};
  }
}
