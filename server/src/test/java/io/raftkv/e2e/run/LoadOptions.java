package io.raftkv.e2e.run;

import java.time.Duration;
import picocli.CommandLine.Option;

/** The clients of a run. */
final class LoadOptions {
  @Option(names = "--writers", description = "Clients that write. Default: ${DEFAULT-VALUE}.")
  int writers = 8;

  @Option(
      names = "--timeout",
      paramLabel = "MILLIS",
      description = "Of each request. Default: ${DEFAULT-VALUE}.")
  private long timeoutMillis = 1_000;

  @Option(
      names = "--seed",
      description = "Of keys, and of what the run draws. Default: ${DEFAULT-VALUE}.")
  long seed = 1;

  Duration timeout() {
    return Duration.ofMillis(timeoutMillis);
  }
}
