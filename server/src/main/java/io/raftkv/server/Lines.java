package io.raftkv.server;

/** Keeps what others wrote from breaking out of its line, or from steering a terminal. */
final class Lines {
  /** What is longer is cut. */
  static final int LENGTH_MAX = 8_192;

  private Lines() {}

  /** The text with control characters (CR, LF, ESC, ...) written as escapes, cut if too long. */
  static String escape(String text) {
    int length = Math.min(text.length(), LENGTH_MAX);
    StringBuilder out = null;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      boolean breaksLine = Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
      if (breaksLine && out == null) {
        out = new StringBuilder(length + 32).append(text, 0, i);
      }
      if (out != null) {
        append(out, c, breaksLine);
      }
    }
    String line = out == null ? text.substring(0, length) : out.toString();
    return length < text.length() ? line + "... (" + text.length() + " characters)" : line;
  }

  private static void append(StringBuilder out, char c, boolean breaksLine) {
    if (!breaksLine) {
      out.append(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\r') {
      out.append("\\r");
    } else if (c == '\t') {
      out.append("\\t");
    } else {
      out.append(String.format("\\u%04x", (int) c));
    }
  }
}
