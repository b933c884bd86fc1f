package io.raftkv.cli;

import io.raftkv.client.ByteSequence;
import java.util.Base64;

/** A key on the command line: text or, for keys that are not text, base64. */
final class KeyArgument {
  static final String BASE64 = "--base64";
  static final String BASE64_DESCRIPTION = "KEY is base64, as key_base64 of scan: for any bytes.";

  private KeyArgument() {}

  static ByteSequence parse(String text, boolean isBase64) {
    if (!isBase64) {
      return ByteSequence.of(text);
    }
    try {
      return ByteSequence.wrap(Base64.getDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      throw CliException.invalid("KEY \"" + text + "\" is not base64");
    }
  }
}
