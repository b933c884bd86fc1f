package io.raftkv.e2e.run;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A list of Debian packages, and the JSON lines of kvctl. */
final class Packages {
  /**
   * One paragraph of the list.
   *
   * @param key name/version/architecture
   * @param value the lines of the paragraph, byte for byte, without the empty line behind it
   */
  record Stanza(String key, byte[] value) {}

  private Packages() {}

  /** All of them, in the order of the file. */
  static List<Stanza> read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    List<Stanza> stanzas = new ArrayList<>();
    int start = 0;
    int lineStart = 0;
    while (lineStart < bytes.length) {
      int next = afterLine(bytes, lineStart);
      boolean isEmptyLine = bytes[lineStart] == '\n';
      if (isEmptyLine && lineStart > start) {
        stanzas.add(stanza(bytes, start, lineStart));
      }
      start = isEmptyLine ? next : start;
      lineStart = next;
    }
    if (start < bytes.length) {
      stanzas.add(stanza(bytes, start, bytes.length));
    }
    return stanzas;
  }

  private static int afterLine(byte[] bytes, int position) {
    int end = position;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    return Math.min(end + 1, bytes.length);
  }

  private static Stanza stanza(byte[] bytes, int from, int toExclusive) {
    byte[] value = java.util.Arrays.copyOfRange(bytes, from, toExclusive);
    String text = new String(value, StandardCharsets.ISO_8859_1);
    String key =
        String.join(
            "/", field(text, "Package"), field(text, "Version"), field(text, "Architecture"));
    return new Stanza(key, value);
  }

  private static String field(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + ": "))
        .map(line -> line.substring(name.length() + 2).strip())
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no " + name + " in: " + text));
  }

  /** What a store holds after all were written in order. */
  static Map<String, byte[]> byKey(List<Stanza> stanzas) {
    Map<String, byte[]> map = new LinkedHashMap<>();
    stanzas.forEach(stanza -> map.put(stanza.key, stanza.value));
    return map;
  }

  /** As kvctl import reads it. */
  static void writeJsonLines(List<Stanza> stanzas, Path file) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      for (Stanza stanza : stanzas) {
        JsonObject line = new JsonObject();
        line.addProperty("key", stanza.key);
        try {
          String text =
              StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(stanza.value)).toString();
          line.addProperty("value", text);
        } catch (CharacterCodingException e) {
          line.addProperty("value_base64", Base64.getEncoder().encodeToString(stanza.value));
        }
        out.write(line.toString());
        out.write('\n');
      }
    }
  }

  /** As kvctl scan writes it; fails if a key stands there twice. */
  static Map<String, byte[]> readJsonLines(Path file) {
    Map<String, byte[]> map = new LinkedHashMap<>();
    try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
      lines.forEach(
          line -> {
            JsonObject json = JsonParser.parseString(line).getAsJsonObject();
            String key = new String(bytes(json, "key"), StandardCharsets.UTF_8);
            if (map.put(key, bytes(json, "value")) != null) {
              throw new IllegalStateException(file + " has the key twice: " + key);
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return map;
  }

  private static byte[] bytes(JsonObject json, String name) {
    return json.has(name)
        ? json.get(name).getAsString().getBytes(StandardCharsets.UTF_8)
        : Base64.getDecoder().decode(json.get(name + "_base64").getAsString());
  }
}
