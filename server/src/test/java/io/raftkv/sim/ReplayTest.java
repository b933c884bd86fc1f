package io.raftkv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A seed is its world, byte for byte: in this run and in every later one. */
class ReplayTest {
  private static final int MINUTES = 2;

  @Test
  void replayIsExact() {
    try (QuietLog quiet = new QuietLog()) {
      for (long seed = 1; seed <= 10; seed++) {
        assertThat(SimulationRunner.run(seed)).isEqualTo(SimulationRunner.run(seed));
      }
    }
  }

  /** Hash codes of objects, and with them the order of hash tables, differ between processes. */
  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void anotherProcessWritesTheSameTrace(@TempDir Path folder)
      throws IOException, InterruptedException {
    long onModels = firstSeed(plan -> !plan.isOnFiles && !plan.isEncoded && plan.bursts > 0);
    long onFiles = firstSeed(plan -> plan.isOnFiles && plan.isEncoded && plan.expiringShare > 0);
    for (long seed : new long[] {onModels, onFiles}) {
      Path first = folder.resolve("first-" + seed);
      Path second = folder.resolve("second-" + seed);
      runInAnotherProcess(seed, first);
      runInAnotherProcess(seed, second);

      assertThat(Files.size(first)).isGreaterThan(100_000);
      assertThat(Files.mismatch(first, second)).as("seed %d", seed).isEqualTo(-1);
    }
  }

  private static long firstSeed(Predicate<WorldPlan> wanted) {
    long seed = 1;
    while (!wanted.test(new World(seed, MINUTES * 60_000_000_000L, null).plan)) {
      seed++;
    }
    return seed;
  }

  private static void runInAnotherProcess(long seed, Path trace)
      throws IOException, InterruptedException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.add("-cp");
    command.add(classPath);
    command.add("-Dsim.seed=" + seed);
    command.add("-Dsim.minutes=" + MINUTES);
    command.add("-Dsim.trace=" + trace);
    command.add(SimulationRunner.class.getName());
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor()).isZero();
  }
}
