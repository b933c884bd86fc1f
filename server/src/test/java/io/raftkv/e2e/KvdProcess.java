package io.raftkv.e2e;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * One run of {@code kvd} in a JVM of its own, made of the classes under test. Ends at {@link
 * #close} or, at the latest, with this JVM.
 */
public final class KvdProcess implements AutoCloseable {
  /** Starts in about a second and stays small. */
  public static final List<String> QUICK_JVM =
      List.of("-Xms32m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  /** As the launcher and the program's manifest say: newer JVMs warn of what libraries do. */
  private static final List<String> QUIET =
      Runtime.version().feature() >= 24
          ? List.of("-Dsun.misc.unsafe.memory.access=allow", "--enable-native-access=ALL-UNNAMED")
          : List.of();

  /**
   * What is run.
   *
   * @param command before the arguments of {@code kvd}
   * @param environment added to that of this process
   */
  public record Program(List<String> command, Map<String, String> environment) {
    /** The classes under test, in a JVM with these options. */
    public static Program classes(List<String> javaOptions) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(javaOptions);
      command.addAll(QUIET);
      command.addAll(List.of("-cp", classPath(), "io.raftkv.server.Main"));
      return new Program(command, Map.of());
    }

    /** What users run: {@code server/bin/kvd}, with further options of its JVM. */
    public static Program launcher(Path launcher, List<String> javaOptions) {
      return new Program(
          List.of(launcher.toAbsolutePath().toString()),
          Map.of(LAUNCHER_OPTIONS, String.join(" ", javaOptions)));
    }

    /** The same with one more option of its JVM. */
    Program with(String javaOption) {
      if (environment.containsKey(LAUNCHER_OPTIONS)) {
        String options = environment.get(LAUNCHER_OPTIONS) + " " + javaOption;
        return new Program(command, Map.of(LAUNCHER_OPTIONS, options.strip()));
      }
      List<String> all = new ArrayList<>(command);
      all.add(1, javaOption);
      return new Program(all, environment);
    }

    /** The same behind a command that becomes it. */
    Program after(List<String> prefix) {
      List<String> all = new ArrayList<>(prefix);
      all.addAll(command);
      return new Program(all, environment);
    }
  }

  private static final String LAUNCHER_OPTIONS = "KVD_JAVA_OPTIONS";

  private static final Duration READY_MAX = Duration.ofSeconds(60);
  private static final Duration EXIT_MAX = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(20);

  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
  }

  private final long startedNanos;
  private final Process process;
  private final Path out;
  private final Path err;

  private KvdProcess(long startedNanos, Process process, Path out, Path err) {
    this.startedNanos = startedNanos;
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Runs {@code kvd} with these arguments. Its stdout and stderr go to files in the folder. */
  public static KvdProcess start(Path folder, String... arguments) {
    return start(folder, QUICK_JVM, Map.of(), List.of(arguments));
  }

  /** Runs {@code kvd}'s classes. */
  public static KvdProcess start(
      Path folder,
      List<String> javaOptions,
      Map<String, String> environment,
      List<String> arguments) {
    return start(folder, Program.classes(javaOptions), environment, arguments);
  }

  /**
   * Runs {@code kvd}.
   *
   * @param folder the working directory; stdout and stderr go to files in it
   * @param environment added to that of this process
   */
  public static KvdProcess start(
      Path folder, Program program, Map<String, String> environment, List<String> arguments) {
    List<String> command = new ArrayList<>(program.command());
    command.addAll(arguments);
    try {
      Path out = Files.createTempFile(folder, "kvd-", ".out");
      Path err = Path.of(out.toString().replaceAll("out$", "err"));
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("KVD_"));
      builder.environment().remove("JAVA_TOOL_OPTIONS");
      builder.environment().putAll(program.environment());
      builder.environment().putAll(environment);
      long startedNanos = System.nanoTime();
      Process process = builder.start();
      RUNNING.add(process);
      return new KvdProcess(startedNanos, process, out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What this JVM runs on, but for the tests and their configuration of the log. */
  private static String classPath() {
    // Surefire hides the class path in a manifest and names it here.
    String full =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(full.split(File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("test-classes/"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Waits for the line that says that it serves; fails if the process ends before. */
  public KvdProcess awaitReady() {
    long end = System.nanoTime() + READY_MAX.toNanos();
    while (stdout().stream().noneMatch(line -> line.startsWith("ready "))) {
      if (!process.isAlive()) {
        throw new AssertionError("kvd ended with " + process.exitValue() + ":\n" + stderrText());
      }
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("kvd was not ready within " + READY_MAX + ":\n" + stderrText());
      }
      pause();
    }
    return this;
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** When the process was started, as {@link System#nanoTime} counts. */
  public long startedNanos() {
    return startedNanos;
  }

  /** When it wrote that it serves, as {@link System#nanoTime} counts; after {@link #awaitReady}. */
  public long readyNanos() {
    try {
      // That line is all that it ever writes there.
      Instant written = Files.getLastModifiedTime(out).toInstant();
      return System.nanoTime() - Duration.between(written, Instant.now()).toNanos();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Complete lines on stdout so far. */
  public List<String> stdout() {
    return lines(out);
  }

  /** Complete lines on stderr so far. */
  public List<String> stderr() {
    return lines(err);
  }

  /** All that stands on stderr, for messages. */
  public String stderrText() {
    return String.join("\n", stderr());
  }

  private static List<String> lines(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill() {
    sendKill();
    awaitExit();
  }

  /** SIGKILL; does not wait. */
  void sendKill() {
    process.destroyForcibly();
  }

  /** SIGTERM; does not wait. */
  public void terminate() {
    process.destroy();
  }

  /**
   * SIGSTOP: the process no longer runs, but its connections stay. On return each of its threads
   * has stopped: the signal alone leaves those that run a moment in which they may still answer.
   */
  public void pauseProcess() {
    signal("STOP");
    if (Files.isDirectory(Path.of("/proc"))) {
      Awaitility.await("all threads stop").ignoreExceptions().until(this::isStopped);
    }
  }

  private boolean isStopped() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid()), "task"))) {
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
    }
    return true;
  }

  /** SIGCONT after SIGSTOP. */
  public void resumeProcess() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
      if (kill.waitFor() != 0) {
        throw new AssertionError("kill -" + name + " " + pid() + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Waits until the process is gone. Its exit code, 128 and the signal if it was killed. */
  public int awaitExit() {
    try {
      if (!process.waitFor(EXIT_MAX.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("kvd did not end within " + EXIT_MAX + ":\n" + stderrText());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
    RUNNING.remove(process);
    return process.exitValue();
  }

  /** Kills it if it still runs. */
  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
    RUNNING.remove(process);
  }
}
