package io.raftkv.server;

import io.raftkv.server.Settings.Given;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads durations, sizes, counts and switches as people write them. */
final class Values {
  private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,18})\\s*([A-Za-z]*)");

  private static final Map<String, Duration> TIME_UNITS =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1));

  private static final Map<String, Long> SIZE_UNITS =
      Map.of(
          "", 1L, "b", 1L, "kib", 1L << 10, "k", 1L << 10, "mib", 1L << 20, "m", 1L << 20, "gib",
          1L << 30, "g", 1L << 30);

  private Values() {}

  /** Such as {@code 100ms} or {@code 2s}, within bounds. */
  static Duration duration(Given given, Duration min, Duration max) throws StartException {
    Matcher parts = NUMBER_AND_UNIT.matcher(given.text());
    Duration unit = parts.matches() ? TIME_UNITS.get(parts.group(2)) : null;
    if (unit == null) {
      throw StartException.wrong(
          given.origin() + " must be a time such as 100ms or 2s, not '" + given.text() + "'");
    }
    long count = Long.parseLong(parts.group(1));
    if (count > max.toMillis() / unit.toMillis() || unit.multipliedBy(count).compareTo(min) < 0) {
      throw StartException.wrong(
          given.origin()
              + " must be between "
              + text(min)
              + " and "
              + text(max)
              + ", not "
              + given.text());
    }
    return unit.multipliedBy(count);
  }

  /** Such as {@code 64MiB}; without a unit, bytes. At least 1. */
  static long size(Given given) throws StartException {
    Matcher parts = NUMBER_AND_UNIT.matcher(given.text());
    Long unit = parts.matches() ? SIZE_UNITS.get(parts.group(2).toLowerCase(Locale.ROOT)) : null;
    if (unit == null) {
      throw StartException.wrong(
          given.origin() + " must be a size such as 4096 or 64MiB, not '" + given.text() + "'");
    }
    long count = Long.parseLong(parts.group(1));
    if (count < 1 || count > Long.MAX_VALUE / unit) {
      throw StartException.wrong(given.origin() + " is out of range: " + given.text());
    }
    return count * unit;
  }

  /** A whole number within bounds. */
  static long count(Given given, long min, long max) throws StartException {
    long count;
    try {
      count = Long.parseLong(given.text());
    } catch (NumberFormatException e) {
      throw new StartException(
          ExitCode.WRONG_CONFIGURATION,
          given.origin() + " must be a whole number, not '" + given.text() + "'",
          e);
    }
    if (count < min || count > max) {
      throw StartException.wrong(
          given.origin() + " must be between " + min + " and " + max + ", not " + count);
    }
    return count;
  }

  /** {@code true} or {@code false}. */
  static boolean isOn(Given given) throws StartException {
    return switch (given.text()) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw StartException.wrong(
              given.origin() + " must be true or false, not '" + given.text() + "'");
    };
  }

  /** One of two words. */
  static boolean isFirst(Given given, String first, String second) throws StartException {
    if (given.text().equals(first) || given.text().equals(second)) {
      return given.text().equals(first);
    }
    throw StartException.wrong(
        String.format(
            "%s must be %s or %s, not '%s'", given.origin(), first, second, given.text()));
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + "s"
        : duration.toMillis() + "ms";
  }
}
