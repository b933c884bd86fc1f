package io.raftkv.sim.planted;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
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
      String report =
          SEARCH.isEmpty()
              ? search(mutant, bug.seed(), bug.seed() + SEEDS_NEARBY, bug)
              : search(mutant, 1, SEEDS_MAX, bug);
      assertThat(report).as(bug.name()).containsPattern(bug.rules());
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

  /**
   * The first line of the first report by one of the bug's rules: that another rule stumbles over
   * what the bug leads to does not show that the bug's own rule sees it.
   */
  private static String search(MutantLoader mutant, long from, long to, PlantedBug bug) {
    long started = System.nanoTime();
    Pattern rules = Pattern.compile(bug.rules());
    String otherwise = "";
    for (long seed = from; seed <= to; seed++) {
      String first = firstLine(mutant.failure(seed));
      if (!first.isEmpty() && !rules.matcher(first).find()) {
        otherwise = "; by another rule: " + first;
      } else if (!first.isEmpty()) {
        System.out.printf(
            "planted: %s: found by seed %d, the %d. tried, in %.1f s: %s%n",
            bug, seed, seed - from + 1, (System.nanoTime() - started) / 1e9, first);
        return first;
      }
    }
    return "NOT FOUND by seeds " + from + " to " + to + otherwise;
  }

  private static String firstLine(String report) {
    return report == null ? "" : report.lines().findFirst().orElse("");
  }
}
