package io.raftkv.cli;

import java.time.Duration;

/** Durations as {@link DurationConverter} reads them. */
final class Durations {
  private Durations() {}

  /** In seconds if that says all, else in milliseconds. */
  static String text(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }
}
