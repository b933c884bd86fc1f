package io.raftkv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** See the documentation of the package for what can be asked of it. */
class SimulationTest {
  /** Enough for every planted bug, and few enough for some minutes. */
  private static final long CI_SEEDS = 1500;

  private static final boolean IS_CI = System.getenv("CI") != null;
  private static final long WORLDS_MIN = IS_CI ? 500 : 50;

  @Test
  @EnabledIfSystemProperty(named = "sim.seed", matches = "-?[0-9]+")
  void oneSeedHolds() {
    long seed = Long.getLong("sim.seed");
    String trace = System.getProperty("sim.trace");
    SimulationRunner.Result result =
        trace == null
            ? SimulationRunner.run(seed)
            : SimulationRunner.runTraced(seed, Path.of(trace));
    assertThat(result.isBroken()).as(result.report()).isFalse();
  }

  @Test
  @DisabledIfSystemProperty(named = "sim.seed", matches = ".*")
  void seedsThatOnceFoundSomethingHold() {
    for (long seed : regressions()) {
      String report = SimulationRunner.failure(seed);
      assertThat(report).as(report).isNull();
    }
  }

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  @DisabledIfSystemProperty(named = "sim.seed", matches = ".*")
  void consecutiveSeedsHold() {
    long started = System.nanoTime();
    long from = Long.getLong("sim.from", IS_CI ? 1 : System.currentTimeMillis() / 1000 * 100_000);
    Long seeds = Long.getLong("sim.seeds");
    if (seeds == null && IS_CI && Long.getLong("sim.seconds") == null) {
      seeds = CI_SEEDS;
    }
    long seconds = Long.getLong("sim.seconds", 20);
    SimulationRunner.Sweep sweep =
        seeds == null
            ? SimulationRunner.sweep(from, WORLDS_MIN, seconds)
            : SimulationRunner.sweep(from, seeds, 0);
    System.out.println("simulation: " + SimulationRunner.describe(sweep, from, started));
    assertThat(sweep.broken()).as(reports(sweep)).isEmpty();
    assertThat(sweep.worlds()).isGreaterThanOrEqualTo(seeds == null ? WORLDS_MIN : seeds);
    assertThat(sweep.writes()).as("writes that were answered").isPositive();
    assertThat(sweep.repairs()).as("damaged members that came back").isPositive();
  }

  private static String reports(SimulationRunner.Sweep sweep) {
    StringBuilder text = new StringBuilder();
    sweep.broken().forEach(result -> text.append(result.report()).append('\n'));
    return text.toString();
  }

  private static List<Long> regressions() {
    InputStream file = SimulationTest.class.getResourceAsStream("/sim/regressions.txt");
    if (file == null) {
      throw new IllegalStateException("no list of regressions");
    }
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> Long.parseLong(line.split("\\s", 2)[0]))
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
