package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The kept results against a map, and that none of them ever changes afterwards. */
final class SessionResultsTest {
  private record Made(SessionResults results, TreeMap<Long, byte[]> expected) {}

  private static byte[] result(long sequence) {
    return ("r" + sequence).getBytes(StandardCharsets.UTF_8);
  }

  private static void assertAre(SessionResults results, Map<Long, byte[]> expected) {
    assertThat(results.count()).isEqualTo(expected.size());
    long bytes = 0;
    int at = 0;
    for (Map.Entry<Long, byte[]> entry : expected.entrySet()) {
      assertThat(results.sequence(at)).isEqualTo(entry.getKey());
      assertThat(results.result(at)).isSameAs(entry.getValue());
      assertThat(results.get(entry.getKey())).isSameAs(entry.getValue());
      bytes += SessionResults.RESULT_BYTES + entry.getValue().length;
      at++;
    }
    assertThat(results.bytes()).isEqualTo(bytes);
  }

  @Test
  void anyOrderOfChangesKeepsWhatAMapKeepsAndLeavesEarlierOnesAsTheyWere() {
    for (int seed = 0; seed < 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<Made> made = new ArrayList<>();
      Made now = new Made(SessionResults.NONE, new TreeMap<>());
      long first = 1;
      for (int step = 0; step < 300; step++) {
        // Now and then from an earlier state, as after a change that came to nothing.
        Made base = made.isEmpty() || random.nextInt(20) > 0 ? now : made.get(made.size() - 1);
        TreeMap<Long, byte[]> expected = new TreeMap<>(base.expected);
        SessionResults results;
        if (random.nextInt(4) == 0) {
          first += random.nextInt(6);
          expected.headMap(first).clear();
          results = base.results.from(first);
        } else {
          long last = expected.isEmpty() ? first : expected.lastKey() + 1;
          long sequence =
              random.nextInt(5) == 0 ? first + random.nextInt(12) : last + random.nextInt(2);
          if (expected.containsKey(sequence)) {
            continue;
          }
          byte[] result = result(sequence);
          expected.put(sequence, result);
          results = base.results.with(sequence, result);
        }
        made.add(now);
        now = new Made(results, expected);
        assertAre(now.results, now.expected);
      }
      made.forEach(earlier -> assertAre(earlier.results, earlier.expected));
    }
  }

  @Test
  void absentOnesAreNotFound() {
    SessionResults results = SessionResults.of(List.of(3L, 7L), List.of(result(3), result(7)));
    assertThat(results.get(2)).isNull();
    assertThat(results.get(5)).isNull();
    assertThat(results.get(8)).isNull();
    assertThat(results.from(4).get(3)).isNull();
    assertThat(results.from(8)).isSameAs(SessionResults.NONE);
  }

  @Test
  void secondResultOfASequenceIsADefect() {
    SessionResults results = SessionResults.NONE.with(1, result(1));
    assertThatThrownBy(() -> results.with(1, result(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
