package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SortedKeysTest {
  @Test
  void searchAgreesWithBinarySearchHoweverTheKeysCameIn() {
    for (long seed = 1; seed <= 400; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] common = new byte[random.nextInt(3) * random.nextInt(12)];
      Arrays.fill(common, (byte) random.nextInt());
      TreeSet<byte[]> model = new TreeSet<>(Arrays::compareUnsigned);
      SortedKeys keys = SortedKeys.EMPTY;
      for (int step = 0; step < 80; step++) {
        byte[] key = key(random, common);
        int at = keys.search(key);
        if (at < 0) {
          keys = keys.inserted(-at - 1, key);
          model.add(key);
        } else if (random.nextInt(3) == 0) {
          keys = keys.removed(at);
          model.remove(key);
        }
      }
      List<byte[]> sorted = new ArrayList<>(model);
      assertSame(keys, sorted, random, common);
      assertSame(SortedKeys.of(sorted), sorted, random, common);
      int cut = sorted.size() / 2;
      assertSame(keys.slice(0, cut), sorted.subList(0, cut), random, common);
      assertSame(
          keys.slice(0, cut).followedBy(keys.slice(cut, keys.size())), sorted, random, common);
    }
  }

  private static void assertSame(
      SortedKeys keys, List<byte[]> sorted, SplittableRandom random, byte[] common) {
    assertThat(keys.size()).isEqualTo(sorted.size());
    byte[][] array = sorted.toArray(new byte[0][]);
    for (int i = 0; i < array.length; i++) {
      assertThat(keys.get(i)).isSameAs(array[i]);
      assertThat(keys.search(array[i])).isEqualTo(i);
    }
    for (int i = 0; i < 50; i++) {
      byte[] key = key(random, common);
      assertThat(keys.search(key))
          .isEqualTo(Arrays.binarySearch(array, key, Arrays::compareUnsigned));
    }
  }

  /** Near to each other in every way: prefixes of each other, zeros at the end, highest bytes. */
  private static byte[] key(SplittableRandom random, byte[] common) {
    int shared = random.nextInt(10) == 0 ? random.nextInt(common.length + 1) : common.length;
    byte[] key = Arrays.copyOf(common, shared + random.nextInt(12));
    for (int i = shared; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(3) - 1);
    }
    return key;
  }
}
