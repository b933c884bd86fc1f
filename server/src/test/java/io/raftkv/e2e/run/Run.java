package io.raftkv.e2e.run;

import io.raftkv.e2e.KvdProcess;
import io.raftkv.e2e.MemberSites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all runs have in common: a folder, a limit of time, and the exit code. */
abstract class Run implements Callable<Integer> {
  private static final double NANOS_PER_MILLI = 1e6;

  /** A run with several clusters has a folder for each. */
  private static final int LOGS_DEPTH = 2;

  @Spec private CommandSpec spec;

  @Option(
      names = "--heap",
      paramLabel = "SIZE",
      description = "Heap of each member at most. Default: ${DEFAULT-VALUE}.")
  private String heap = "512m";

  @Option(
      names = "--limit",
      paramLabel = "MINUTES",
      description = "Give up after so long. Default: ${DEFAULT-VALUE}.")
  private long limitMinutes = 20;

  @Option(
      names = "--kvd",
      paramLabel = "ARGUMENT",
      description = {
        "One more argument of each member; may be repeated. --kvd=--storage=memory shows that the",
        "checks find what is lost."
      })
  private List<String> kvdArguments = new ArrayList<>();

  @Option(
      names = "--launcher",
      paramLabel = "FILE",
      description = {
        "Start members with this, as users do: server/bin/kvd. Default: the classes of the tests, in a",
        "small JVM."
      })
  private @Nullable Path launcher;

  @Option(names = "--keep", description = "Keep the folder with data and logs.")
  private boolean isKept;

  /**
   * Does it.
   *
   * @param folder empty, for all files
   */
  abstract void run(Path folder, Report report) throws IOException, InterruptedException;

  /** When it is given up. */
  long minutesMax() {
    return limitMinutes;
  }

  /** Whether a member has to say this, by what was done to it: an error line of its log. */
  boolean isExpected(String line) {
    return false;
  }

  /** As it was called. */
  final String commandLine() {
    return String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  /** Whether it must run in a network namespace that nobody else uses. */
  boolean needsOwnNetwork() {
    return false;
  }

  @Override
  public final Integer call() throws IOException, InterruptedException {
    if (needsOwnNetwork() && !OwnNetwork.isInside()) {
      return runInOwnNetwork();
    }
    Report report = new Report(spec.commandLine().getOut());
    Path folder = Files.createTempDirectory("raftkv-faults-");
    report.title(spec.name() + ", data in " + folder);
    Thread watchdog = startWatchdog(report);
    try {
      buildLauncher();
      run(folder, report);
    } catch (ToolException e) {
      report.check("this machine can do it", false, e.getMessage());
    } catch (IOException | RuntimeException | AssertionError e) {
      report.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      report.failed(e);
    } finally {
      watchdog.interrupt();
    }
    readLogs(folder, report);
    if (report.isGood() && !isKept) {
      delete(folder);
    }
    return report.finish() ? 0 : 1;
  }

  /** The launcher builds what is missing: not while members are waited for. */
  private void buildLauncher() throws IOException, InterruptedException {
    if (launcher != null) {
      Process help =
          new ProcessBuilder(launcher.toString(), "--help")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      if (help.waitFor() != 0) {
        throw new ToolException(launcher + " --help: exit code " + help.exitValue());
      }
    }
  }

  private int runInOwnNetwork() throws InterruptedException {
    try {
      return OwnNetwork.run(spec.root().commandLine().getParseResult().originalArgs());
    } catch (ToolException e) {
      Report report = new Report(spec.commandLine().getOut());
      report.check("this machine can do it", false, e.getMessage());
      report.finish();
      return 1;
    }
  }

  /** Members end with this process, so that the end of the process is enough. */
  private Thread startWatchdog(Report report) {
    Thread thread =
        new Thread(
            () -> {
              try {
                TimeUnit.MINUTES.sleep(minutesMax());
              } catch (InterruptedException e) {
                // The run ended in time.
                return;
              }
              report.check("ends within " + minutesMax() + " min", false, "given up");
              report.finish();
              System.exit(1);
            },
            "watchdog");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** A cluster as the options say; not started. */
  final Cluster newCluster(Path folder, String... arguments) {
    return newCluster(folder, Cluster.SIZE, MemberSites.LOOPBACK, arguments);
  }

  /** A cluster as the options say; not started. */
  final Cluster newCluster(Path folder, int size, MemberSites sites, String... arguments) {
    KvdProcess.Program program =
        launcher == null
            ? KvdProcess.Program.classes(withHeap(KvdProcess.QUICK_JVM))
            : KvdProcess.Program.launcher(launcher, withHeap(List.of()));
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(kvdArguments);
    return new Cluster(folder, size, program, all, sites);
  }

  /** What users start members with: as the options say, else that of this tree. */
  final Path launcherOr(Path otherwise) {
    return launcher == null ? otherwise : launcher;
  }

  private List<String> withHeap(List<String> javaOptions) {
    List<String> all = new ArrayList<>(javaOptions);
    all.add("-Xmx" + heap);
    return all;
  }

  /** A fault may make a member warn; an error means that something is wrong with itself. */
  private void readLogs(Path folder, Report report) throws IOException {
    List<String> errors = new ArrayList<>();
    long warnings = 0;
    try (Stream<Path> logs = Files.find(folder, LOGS_DEPTH, (file, any) -> isLog(file))) {
      for (Path log : logs.toList()) {
        for (String line : Files.readAllLines(log)) {
          warnings += line.contains(" WARN ") ? 1 : 0;
          if (isError(line) && !isExpected(line)) {
            errors.add(line);
          }
        }
      }
    }
    report.figure("warnings in the members' logs", "%d", warnings);
    report.check(
        "no errors in the members' logs",
        errors.isEmpty(),
        errors.size() + ": " + String.join("; ", errors.subList(0, Math.min(3, errors.size()))));
  }

  private static boolean isLog(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.startsWith("kvd-") && name.endsWith(".err");
  }

  /** Of a member's log: something is wrong with itself. */
  static boolean isError(String line) {
    return line.contains(" ERROR ") || line.startsWith("kvd: ");
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  static void pause(Duration time) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(time.toNanos());
  }

  static double millis(long nanos) {
    return nanos / NANOS_PER_MILLI;
  }
}
