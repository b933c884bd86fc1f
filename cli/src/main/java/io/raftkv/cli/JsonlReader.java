package io.raftkv.cli;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.raftkv.client.ByteSequence;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines that {@code kvctl scan} writes. Strict: what is not certainly meant is refused,
 * with the number of its line. Blank lines and unknown names in an object are skipped. Holds one
 * line at a time.
 */
final class JsonlReader {
  /**
   * A key and its value.
   *
   * @param line where it stands, from 1
   */
  record Entry(long line, ByteSequence key, ByteSequence value) {}

  /** The limits of keys and values, with each byte written as a six-byte escape, fit twice. */
  private static final int LINE_BYTES_MAX = 16 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final String source;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int filled;
  private long line;

  /**
   * @param source its name in error messages
   */
  JsonlReader(String source, InputStream in) {
    this.source = source;
    this.in = in;
  }

  /**
   * The next entry, or null at the end.
   *
   * @throws CliException {@link ExitCode#INVALID}, naming the line, if it is not an entry
   */
  @Nullable Entry next() throws IOException {
    while (true) {
      byte[] bytes = readLine();
      if (bytes == null) {
        return null;
      }
      String text = decode(bytes);
      if (!text.isBlank()) {
        return parse(text);
      }
    }
  }

  private byte @Nullable [] readLine() throws IOException {
    ByteArrayOutputStream collected = new ByteArrayOutputStream();
    line++;
    while (true) {
      if (position == filled) {
        position = 0;
        filled = in.read(buffer);
        if (filled < 0) {
          filled = 0;
          return collected.size() == 0 ? null : collected.toByteArray();
        }
      }
      int start = position;
      while (position < filled && buffer[position] != '\n') {
        position++;
      }
      collected.write(buffer, start, position - start);
      if (collected.size() > LINE_BYTES_MAX) {
        throw malformed("longer than " + LINE_BYTES_MAX + " bytes");
      }
      if (position < filled) {
        position++;
        return collected.toByteArray();
      }
    }
  }

  private String decode(byte[] bytes) {
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return text.toString();
    } catch (CharacterCodingException e) {
      throw malformed("not UTF-8");
    }
  }

  private Entry parse(String text) throws IOException {
    ByteSequence key = null;
    ByteSequence value = null;
    try (JsonReader json = new JsonReader(new StringReader(text))) {
      json.setStrictness(Strictness.STRICT);
      if (json.peek() != JsonToken.BEGIN_OBJECT) {
        throw malformed("not a JSON object");
      }
      json.beginObject();
      while (json.hasNext()) {
        String name = json.nextName();
        switch (name) {
          case "key", "key_base64" -> {
            requireFirst("key", key);
            key = bytes(json, name);
          }
          case "value", "value_base64" -> {
            requireFirst("value", value);
            value = bytes(json, name);
          }
          default -> json.skipValue();
        }
      }
      json.endObject();
      if (json.peek() != JsonToken.END_DOCUMENT) {
        throw malformed("more than one JSON object");
      }
    } catch (MalformedJsonException | EOFException | IllegalStateException e) {
      throw malformed("not JSON");
    }
    if (key == null || value == null) {
      throw malformed(key == null ? "no \"key\"" : "no \"value\"");
    }
    if (key.isEmpty()) {
      throw malformed("the key is empty");
    }
    if (key.size() + value.size() > ValueLimit.BYTES_MAX) {
      throw malformed(
          "key and value have "
              + (key.size() + value.size())
              + " bytes, more than "
              + ValueLimit.BYTES_MAX);
    }
    return new Entry(line, key, value);
  }

  private ByteSequence bytes(JsonReader json, String name) throws IOException {
    if (json.peek() != JsonToken.STRING) {
      throw malformed("\"" + name + "\" is not a string");
    }
    String text = json.nextString();
    if (name.endsWith("_base64")) {
      try {
        return ByteSequence.wrap(Base64.getDecoder().decode(text));
      } catch (IllegalArgumentException e) {
        throw malformed("\"" + name + "\" is not base64");
      }
    }
    // A lone surrogate has no UTF-8 form; encoding it would write a question mark.
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw malformed("\"" + name + "\" has half a surrogate pair");
    }
    return ByteSequence.of(text);
  }

  private void requireFirst(String what, @Nullable ByteSequence before) {
    if (before != null) {
      throw malformed("more than one " + what);
    }
  }

  private CliException malformed(String why) {
    return CliException.invalid(source + ": line " + line + ": " + why);
  }
}
