package io.raftkv.script;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScriptTest {
  private static final Path SCRIPTS = Path.of("src/test/resources/script");
  private static final String END = "----";

  static List<Path> scripts() throws IOException {
    try (Stream<Path> files = Files.list(SCRIPTS)) {
      return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
  }

  @Test
  void everyScriptIsInTheTable() throws IOException {
    List<String> names =
        scripts().stream().map(file -> file.getFileName().toString().replace(".txt", "")).toList();

    assertThat(Files.readAllLines(SCRIPTS.resolve("README.md")))
        .filteredOn(line -> line.matches("\\| [a-z0-9_]+ \\| [^| ].*"))
        .extracting(line -> line.split(" ")[1])
        .containsExactlyInAnyOrderElementsOf(names);
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void membersStandAsTheScriptSays(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    int end = lines.contains(END) ? lines.indexOf(END) : lines.size();
    List<String> script = lines.subList(0, end);

    String trace = Script.run(script).strip();

    if (Boolean.getBoolean("script.rewrite")) {
      Files.writeString(
          file, String.join("\n", script).stripTrailing() + "\n" + END + "\n" + trace + "\n");
      return;
    }
    assertThat(trace)
        .as(file.getFileName().toString())
        .isEqualTo(
            String.join("\n", lines.subList(Math.min(end + 1, lines.size()), lines.size()))
                .strip());
  }
}
