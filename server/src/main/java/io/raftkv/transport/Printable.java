package io.raftkv.transport;

import org.jspecify.annotations.Nullable;

/** Text of others, fit for one line of the log. */
final class Printable {
  private static final int CHARS_MAX = 200;

  private Printable() {}

  static String of(@Nullable String text) {
    if (text == null) {
      return "no reason given";
    }
    StringBuilder out = new StringBuilder();
    text.chars().limit(CHARS_MAX).forEach(c -> out.append(c < ' ' || c > '~' ? '?' : (char) c));
    return out.toString();
  }
}
