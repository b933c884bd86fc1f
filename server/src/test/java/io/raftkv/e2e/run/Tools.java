package io.raftkv.e2e.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Programs of this machine that runs use: mount, ip, gcc and others. Most need root.
 *
 * <p>Whatever fails is a {@link ToolException} that names the command and what it said.
 */
final class Tools {
  private static final long SECONDS_MAX = 60;

  private Tools() {}

  /** Runs a program to its end. */
  static void run(String... command) throws InterruptedException {
    feed("", command);
  }

  /** Runs a program that reads {@code input}. */
  static void feed(String input, String... command) throws InterruptedException {
    Process process = start(command);
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It ended before it had read all; its exit code tells why.
      process.destroy();
    }
    String said;
    try (InputStream output = process.getInputStream()) {
      said = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      said = e.getMessage();
    }
    if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new ToolException(String.join(" ", command) + ": did not end in " + SECONDS_MAX + " s");
    }
    if (process.exitValue() != 0) {
      throw new ToolException(String.join(" ", command) + ": " + said.replace('\n', ' '));
    }
  }

  private static Process start(String... command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new ToolException("this run needs " + command[0] + ": " + e.getMessage());
    }
  }

  /** Refuses to go on for anybody but root. */
  static void requireRoot(String purpose) {
    if (!"root".equals(System.getProperty("user.name"))) {
      throw new ToolException("only root can " + purpose + ": run it as root");
    }
  }

  /**
   * Compiles one of the C sources beside the tests.
   *
   * @param folder where the result goes
   * @return the program, or library, named like the source
   */
  static Path compile(Path folder, String source, String... options)
      throws IOException, InterruptedException {
    Path text = folder.resolve(source);
    try (InputStream in = Tools.class.getResourceAsStream("/faults/" + source)) {
      if (in == null) {
        throw new IllegalStateException("no source " + source);
      }
      Files.copy(in, text);
    }
    Path result = folder.resolve(source.substring(0, source.lastIndexOf('.')));
    List<String> command = new ArrayList<>(List.of("gcc", "-O1", "-Wall", "-Werror"));
    command.addAll(List.of(options));
    command.addAll(List.of("-o", result.toString(), text.toString()));
    run(command.toArray(String[]::new));
    return result;
  }
}
