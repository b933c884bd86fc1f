package io.raftkv.server;

import io.raftkv.raft.Failpoint;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program {@code kvd}. On stdout stands one line for each member that serves, and nothing else;
 * everything else is on stderr. It ends by SIGTERM, SIGINT, or because it cannot go on; the last
 * line names the cause, and {@link ExitCode} tells it too.
 */
public final class Main {
  /** How long an orderly end may take until the process ends anyway: what counts is on disk. */
  private static final int STOP_SECONDS_MAX = 15;

  /** How long a last line may take on a stderr that nobody reads. */
  private static final int LAST_LINE_SECONDS_MAX = 3;

  private final List<KvServer> servers = Collections.synchronizedList(new ArrayList<>());

  /** Of {@code --dev} without a data dir; goes when the process ends. */
  private volatile @Nullable Path temporaryFolder;

  private Main() {}

  public static void main(String[] arguments) {
    if (StoppedMember.isMeant(arguments)) {
      PrintStream out =
          new PrintStream(
              new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
              false,
              StandardCharsets.UTF_8);
      System.exit(StoppedMember.run(out, System.err, arguments).code());
    }
    new Main().run(arguments);
  }

  private void run(String[] arguments) {
    try {
      Flags.Parsed parsed = Flags.parse(arguments);
      if (parsed.isHelp()) {
        System.out.print(FlagsHelp.text());
      } else if (parsed.isVersion()) {
        System.out.println("kvd " + Version.get());
      } else {
        serve(parsed.values(), System.getenv());
      }
    } catch (StartException e) {
      end(e.exitCode(), Failures.describe(e));
    } catch (RuntimeException | IOException e) {
      LoggerFactory.getLogger(Main.class).error("cannot start", e);
      end(ExitCode.DISK_FAILURE, "cannot start: " + Failures.describe(e));
    }
  }

  private void serve(Map<Setting, String> flags, Map<String, String> environment)
      throws StartException, IOException {
    Settings settings = Settings.read(flags, environment);
    ServerConfig config = ServerConfig.of(settings);
    Optional<Integer> devMembers = DevCluster.size(settings);
    try {
      Failpoint.check();
    } catch (IllegalArgumentException e) {
      throw StartException.wrong(Failures.describe(e));
    }
    Logging.install();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) ->
            LoggerFactory.getLogger(Main.class)
                .error("thread {} ended by a defect", thread.getName(), failure));
    Failpoint.armed()
        .ifPresent(
            place ->
                LoggerFactory.getLogger(Main.class)
                    .warn("this process will end by itself: -Dfailpoint={}", place));
    List<ServerConfig> members = List.of(config);
    if (devMembers.isPresent()) {
      Path folder = config.dataDir();
      if (settings.explicit(Setting.DATA_DIR).isEmpty()) {
        folder = Files.createTempDirectory("kvd-dev-");
        temporaryFolder = folder;
      }
      members = DevCluster.members(config, devMembers.get(), folder);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
    for (ServerConfig member : members) {
      servers.add(KvServer.start(member, this::failed));
    }
    for (KvServer server : servers) {
      System.out.println(server.readyLine());
    }
    System.out.flush();
    HeapTrim.ofThisProcess()
        .ifPresent(trim -> new PeriodicTasks("heap-trim").every(HeapTrim.PERIOD, trim));
    awaitEnd();
  }

  /** All other threads are daemons: the process lives as long as this one waits. */
  private static void awaitEnd() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The shutdown hook: an orderly end. */
  private void stop() {
    haltAfter(STOP_SECONDS_MAX, ExitCode.OK);
    Logger log = LoggerFactory.getLogger(Main.class);
    log.info("stopping");
    // All at once: in a cluster of one process, each waits for others to take over.
    List<Thread> stoppers = new ArrayList<>();
    for (KvServer server : List.copyOf(servers)) {
      Thread stopper = new Thread(server::close, "stop-" + server.name());
      stopper.start();
      stoppers.add(stopper);
    }
    try {
      for (Thread stopper : stoppers) {
        stopper.join();
      }
      log.info("stopped");
    } catch (InterruptedException e) {
      log.warn("interrupted while members stop", e);
    }
    deleteTemporaryFolder();
    Logging.stop();
    // The JVM would report the signal in its exit code.
    Runtime.getRuntime().halt(ExitCode.OK.code());
  }

  private void deleteTemporaryFolder() {
    Path folder = temporaryFolder;
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException | UncheckedIOException e) {
      LoggerFactory.getLogger(Main.class).warn("{} stays: {}", folder, Failures.describe(e));
    }
  }

  /** A member stopped by itself: the process ends, so that somebody starts it again. */
  private void failed(String name, Throwable cause) {
    end(ExitCode.DISK_FAILURE, name + " stopped: " + Failures.describe(cause));
  }

  /** Says why and ends, without an orderly stop. For any thread. */
  private synchronized void end(ExitCode code, String cause) {
    haltAfter(LAST_LINE_SECONDS_MAX, code);
    deleteTemporaryFolder();
    Logging.stop();
    System.err.println("kvd: " + Lines.escape(cause));
    System.err.flush();
    Runtime.getRuntime().halt(code.code());
  }

  private static void haltAfter(int seconds, ExitCode code) {
    Thread watchdog =
        new Thread(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(seconds);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(code.code());
            },
            "halt");
    watchdog.setDaemon(true);
    watchdog.start();
  }
}
