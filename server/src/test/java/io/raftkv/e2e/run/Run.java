package io.raftkv.e2e.run;

import io.raftkv.e2e.KvdProcess;
import java.io.IOException;
import java.nio.file.DirectoryStream;
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

  @Override
  public final Integer call() throws IOException {
    Report report = new Report(spec.commandLine().getOut());
    Path folder = Files.createTempDirectory("raftkv-faults-");
    report.title(spec.name() + ", data in " + folder);
    Thread watchdog = startWatchdog(report);
    try {
      run(folder, report);
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

  /** Members end with this process, so that the end of the process is enough. */
  private Thread startWatchdog(Report report) {
    Thread thread =
        new Thread(
            () -> {
              try {
                TimeUnit.MINUTES.sleep(limitMinutes);
              } catch (InterruptedException e) {
                // The run ended in time.
                return;
              }
              report.check("ends within " + limitMinutes + " min", false, "given up");
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
    KvdProcess.Program program =
        launcher == null
            ? KvdProcess.Program.classes(withHeap(KvdProcess.QUICK_JVM))
            : KvdProcess.Program.launcher(launcher, withHeap(List.of()));
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(kvdArguments);
    return new Cluster(folder, program, all);
  }

  private List<String> withHeap(List<String> javaOptions) {
    List<String> all = new ArrayList<>(javaOptions);
    all.add("-Xmx" + heap);
    return all;
  }

  /** A fault may make a member warn; an error means that something is wrong with itself. */
  private static void readLogs(Path folder, Report report) throws IOException {
    List<String> errors = new ArrayList<>();
    long warnings = 0;
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(folder, "kvd-*.err")) {
      for (Path log : logs) {
        for (String line : Files.readAllLines(log)) {
          warnings += line.contains(" WARN ") ? 1 : 0;
          if (line.contains(" ERROR ") || line.startsWith("kvd: ")) {
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
