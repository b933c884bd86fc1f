package io.raftkv.e2e.run;

import java.util.Locale;

/**
 * What a figure of raftkv, or its ratio to etcd's, is to reach.
 *
 * @param bound the ratio, or the figure itself
 * @param isAtLeast whether it is reached by being high
 * @param isRatio whether it is about the ratio
 */
record Goal(double bound, boolean isAtLeast, boolean isRatio) {
  static Goal times(double bound) {
    return new Goal(bound, true, true);
  }

  static Goal atMostTimes(double bound) {
    return new Goal(bound, false, true);
  }

  static Goal atMost(double bound) {
    return new Goal(bound, false, false);
  }

  static Goal atLeast(double bound) {
    return new Goal(bound, true, false);
  }

  boolean isReached(double figure) {
    return isAtLeast ? figure >= bound : figure <= bound;
  }

  /** For people. */
  String text(double figure) {
    return String.format(
        Locale.ROOT,
        "%s %s %,.2f%s",
        isReached(figure) ? "reaches" : "SHORT of",
        isAtLeast ? "at least" : "at most",
        bound,
        isRatio ? " times" : "");
  }
}
