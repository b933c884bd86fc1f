package io.raftkv.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Checks that the option records share. */
final class Options {
  private Options() {}

  static void requirePositive(String name, @Nullable Duration duration) {
    if (duration != null && (duration.isNegative() || duration.isZero())) {
      throw new IllegalArgumentException(name + " " + duration + " is not positive");
    }
  }

  static void requireNotNegative(String name, @Nullable Long number) {
    if (number != null && number < 0) {
      throw new IllegalArgumentException(name + " " + number + " is negative");
    }
  }
}
