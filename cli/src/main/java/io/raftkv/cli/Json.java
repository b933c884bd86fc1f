package io.raftkv.cli;

import com.google.gson.stream.JsonWriter;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.KeyValue;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/** Writes JSON: one object, on one line. */
final class Json {
  /** What an object holds. */
  interface Body {
    void write(JsonWriter json) throws IOException;
  }

  private Json() {}

  /** An object, without a line end. */
  static String object(Body body) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      body.write(json);
      json.endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return withoutControls(text.toString());
  }

  /** Gson leaves DEL and the C1 control characters as they are; a terminal may obey them. */
  private static String withoutControls(String json) {
    if (json.chars().noneMatch(Json::isControl)) {
      return json;
    }
    StringBuilder escaped = new StringBuilder();
    json.chars()
        .forEach(
            c -> {
              if (isControl(c)) {
                escaped.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                escaped.append((char) c);
              }
            });
    return escaped.toString();
  }

  private static boolean isControl(int c) {
    return c >= 0x7f && c <= 0x9f;
  }

  /** {@code name} with the text where the bytes are UTF-8, else {@code name_base64}. */
  static void bytes(JsonWriter json, String name, ByteSequence bytes) throws IOException {
    Optional<String> text = bytes.strictUtf8();
    if (text.isPresent()) {
      json.name(name).value(text.get());
    } else {
      json.name(name + "_base64").value(Base64.getEncoder().encodeToString(bytes.toByteArray()));
    }
  }

  /** A key with all that is known about it; the value only if there is one to show. */
  static void keyValue(JsonWriter json, KeyValue kv, boolean hasValue) throws IOException {
    bytes(json, "key", kv.key());
    if (hasValue) {
      bytes(json, "value", kv.value());
    }
    json.name("create_revision").value(kv.createRevision());
    json.name("mod_revision").value(kv.modRevision());
    json.name("version").value(kv.version());
    if (kv.sessionId() != 0) {
      json.name("session_id").value(Long.toUnsignedString(kv.sessionId()));
    }
  }

  /** A line of scan and import: key and value, nothing else. */
  static String line(ByteSequence key, ByteSequence value) {
    return object(
        json -> {
          bytes(json, "key", key);
          bytes(json, "value", value);
        });
  }
}
