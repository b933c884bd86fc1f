package io.raftkv.cli;

import io.raftkv.client.ByteSequence;
import java.util.HexFormat;
import java.util.Optional;

/** Bytes for a person at a terminal: one line, all of it, and nothing that a terminal obeys. */
final class Shown {
  private Shown() {}

  /** The text with escapes for control characters; if it is no text, hexadecimal digits. */
  static String of(ByteSequence bytes) {
    Optional<String> text = bytes.strictUtf8();
    if (text.isEmpty()) {
      return "0x" + HexFormat.of().formatHex(bytes.toByteArray());
    }
    StringBuilder shown = new StringBuilder();
    text.get().codePoints().forEach(codePoint -> append(shown, codePoint));
    return shown.toString();
  }

  private static void append(StringBuilder shown, int codePoint) {
    switch (codePoint) {
      case '\n' -> shown.append("\\n");
      case '\r' -> shown.append("\\r");
      case '\t' -> shown.append("\\t");
      default -> {
        if (isHarmless(codePoint)) {
          shown.appendCodePoint(codePoint);
        } else {
          shown.append("\\u{").append(Integer.toHexString(codePoint)).append('}');
        }
      }
    }
  }

  private static boolean isHarmless(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
