package io.raftkv.e2e.run;

import io.raftkv.client.Endpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** One run of the real {@code kvctl}; ends with this process at the latest. */
final class Kvctl implements AutoCloseable {
  private static final Path LAUNCHER = Path.of("cli", "bin", "kvctl");
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
  }

  private final Process process;
  private final Path out;
  private final Path err;

  private Kvctl(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts it. */
  static Kvctl start(Path folder, List<Endpoint> endpoints, String... arguments)
      throws IOException {
    Path out = Files.createTempFile(folder, "kvctl-", ".out");
    Path err = Path.of(out.toString().replaceAll("out$", "err"));
    List<String> command = new ArrayList<>();
    command.add(launcher().toString());
    command.add("--endpoints");
    command.add(endpoints.stream().map(Endpoint::toString).collect(Collectors.joining(",")));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    // The launcher replaces itself by the program, so that this is the program.
    RUNNING.add(process);
    return new Kvctl(process, out, err);
  }

  /** Of the tree in which this runs. */
  private static Path launcher() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.isExecutable(folder.resolve(LAUNCHER))) {
        return folder.resolve(LAUNCHER);
      }
    }
    throw new IllegalStateException("no " + LAUNCHER + " in this folder or above it");
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for its end. */
  int exitCode() throws InterruptedException {
    int code = process.waitFor();
    RUNNING.remove(process);
    return code;
  }

  String stdout() throws IOException {
    return Files.readString(out, StandardCharsets.UTF_8).strip();
  }

  String stderr() throws IOException {
    return Files.readString(err, StandardCharsets.UTF_8).strip();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    RUNNING.remove(process);
  }
}
