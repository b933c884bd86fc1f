package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.client.ByteSequence;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lines that scan writes and import reads. */
final class JsonlTest {
  private static final String[] PIECES = {
    "a",
    "\"",
    "\\",
    "/",
    "\n",
    "\r",
    "\t",
    "\0",
    "\u007f",
    "\u0085",
    "\u00e9",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\ufffd",
    "\uffff",
    "\ud83d\ude00",
    "{",
    "}",
    "<&>",
    "' "
  };

  @Test
  void everyByteStringSurvives() throws IOException {
    Random random = new Random(20_261_120);
    List<ByteSequence> all = new ArrayList<>();
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      ByteSequence key = random(random, 1);
      ByteSequence value = random(random, 0);
      all.add(key);
      all.add(value);
      String line = Json.line(key, value);
      assertThat(line).doesNotContain("\n");
      lines.append(line).append('\n');
    }

    JsonlReader reader = reader(lines.toString().getBytes(StandardCharsets.UTF_8));

    for (int i = 0; i < all.size(); i += 2) {
      JsonlReader.Entry entry = reader.next();
      assertThat(entry).isNotNull();
      assertThat(entry.key()).isEqualTo(all.get(i));
      assertThat(entry.value()).isEqualTo(all.get(i + 1));
      assertThat(entry.line()).isEqualTo(i / 2 + 1);
    }
    assertThat(reader.next()).isNull();
  }

  private static ByteSequence random(Random random, int sizeMin) {
    int size = sizeMin + random.nextInt(12);
    if (random.nextBoolean()) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      return ByteSequence.wrap(bytes);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < size; i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return ByteSequence.of(text.toString());
  }

  @Test
  void textIsWrittenAsTextAndBytesAsBase64() {
    ByteSequence bytes = ByteSequence.of(new byte[] {(byte) 0xff, 0});

    assertThat(Json.line(ByteSequence.of("k\u00e9"), ByteSequence.EMPTY))
        .isEqualTo("{\"key\":\"k\u00e9\",\"value\":\"\"}");
    assertThat(Json.line(bytes, bytes))
        .isEqualTo("{\"key_base64\":\"/wA=\",\"value_base64\":\"/wA=\"}");
  }

  @Test
  void blankLinesUnknownNamesAndAMissingLastLineEndAreHarmless() throws IOException {
    JsonlReader reader =
        reader(
            "\n{\"value\":\"v\",\"x\":[1,{}],\"key\":\"k\"}\r\n  \n{\"key\":\"l\",\"value\":\"\"}");

    JsonlReader.Entry first = reader.next();
    JsonlReader.Entry second = reader.next();

    assertThat(first).isEqualTo(new JsonlReader.Entry(2, bytes("k"), bytes("v")));
    assertThat(second).isEqualTo(new JsonlReader.Entry(4, bytes("l"), bytes("")));
    assertThat(reader.next()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "[]",
        "null",
        "\"k\"",
        "{",
        "{}",
        "{}{}",
        "{\"key\":\"k\"}",
        "{\"value\":\"v\"}",
        "{\"key\":\"\",\"value\":\"v\"}",
        "{\"key\":1,\"value\":\"v\"}",
        "{\"key\":\"k\",\"value\":null}",
        "{\"key\":\"k\",\"value\":\"v\"",
        "{\"key\":\"k\",\"value\":\"v\"} x",
        "{\"key\":\"k\",\"value\":\"v\"}{\"key\":\"k\",\"value\":\"v\"}",
        "{\"key\":\"k\",\"key\":\"k\",\"value\":\"v\"}",
        "{\"key\":\"k\",\"key_base64\":\"aw==\",\"value\":\"v\"}",
        "{\"key_base64\":\"*\",\"value\":\"v\"}",
        "{\"key\":\"\\ud800\",\"value\":\"v\"}",
        "{'key':'k','value':'v'}",
        "{key:\"k\",value:\"v\"}",
      })
  void aMalformedLineIsRefusedWithItsNumber(String line) throws IOException {
    JsonlReader reader = reader("{\"key\":\"k\",\"value\":\"v\"}\n" + line + "\n");
    JsonlReader.Entry first = reader.next();

    assertThat(first).isNotNull();
    assertThatThrownBy(reader::next)
        .isInstanceOfSatisfying(
            CliException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.INVALID))
        .hasMessageStartingWith("test: line 2: ");
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    byte[] line = "{\"key\":\"k\",\"value\":\"?\"}\n".getBytes(StandardCharsets.UTF_8);
    line[line.length - 4] = (byte) 0xc3;

    assertThatThrownBy(reader(line)::next).hasMessage("test: line 1: not UTF-8");
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.of(text);
  }

  private static JsonlReader reader(String text) {
    return reader(text.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonlReader reader(byte[] bytes) {
    return new JsonlReader("test", new ByteArrayInputStream(bytes));
  }
}
