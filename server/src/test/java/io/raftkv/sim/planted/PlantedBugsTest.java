package io.raftkv.sim.planted;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A simulation proves nothing until it was seen to find bugs. */
class PlantedBugsTest {
  private static final String SEARCH = System.getProperty("sim.planted", "");
  private static final int SEEDS_MAX = Integer.getInteger("sim.seeds", 2000);

  /** Tried after the known seed, in case the worlds have changed since. */
  private static final int SEEDS_NEARBY = 300;

  static Stream<PlantedBug> bugs() {
    return PlantedBugs.ALL.stream()
        .filter(bug -> SEARCH.isEmpty() || SEARCH.equals("search") || bug.name().matches(SEARCH));
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void simulationFinds(PlantedBug bug, @TempDir Path folder) throws IOException {
    try (MutantLoader mutant = MutantLoader.of(bug, folder)) {
      if (SEARCH.isEmpty()) {
        assertThat(search(mutant, bug.seed(), bug.seed() + SEEDS_NEARBY, bug))
            .as(bug.name())
            .containsPattern(bug.rules());
      } else {
        assertThat(search(mutant, 1, SEEDS_MAX, bug)).as(bug.name()).containsPattern(bug.rules());
      }
    }
  }

  @Test
  void nothingIsFoundWhereNothingIsPlanted(@TempDir Path folder) throws IOException {
    PlantedBug none =
        new PlantedBug(
            "none",
            "io/raftkv/raft/core/PersistQueue.java",
            "final class PersistQueue {",
            "final class PersistQueue { // nothing",
            "",
            1);
    try (MutantLoader mutant = MutantLoader.of(none, folder)) {
      for (long seed = 1; seed <= 10; seed++) {
        assertThat(mutant.failure(seed)).isNull();
      }
    }
  }

  @Test
  void snippetsThatOccurTwiceAreRefused(@TempDir Path folder) {
    PlantedBug ambiguous =
        new PlantedBug("ambiguous", "io/raftkv/raft/core/Quorum.java", "return", "", "", 1);
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> MutantLoader.of(ambiguous, folder))
        .hasMessageContaining("exactly once");
  }

  /** The first line of the first report. */
  private static String search(MutantLoader mutant, long from, long to, PlantedBug bug) {
    long started = System.nanoTime();
    for (long seed = from; seed <= to; seed++) {
      String report = mutant.failure(seed);
      if (report != null) {
        String first = report.lines().findFirst().orElse("");
        System.out.printf(
            "planted: %s: found by seed %d, the %d. tried, in %.1f s: %s%n",
            bug, seed, seed - from + 1, (System.nanoTime() - started) / 1e9, first);
        return first;
      }
    }
    return "NOT FOUND by seeds " + from + " to " + to;
  }
}
