package io.raftkv.e2e.run;

import io.raftkv.client.KvClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The leader dies, or hangs, again and again while clients write. */
@Command(
    name = "kill-leader",
    sortOptions = false,
    description = {
      "The leader dies, or hangs, again and again.",
      "Every 3 to 4 s the leader is killed (kill -9) and started again 1 s later, or with --signal",
      "STOP hangs for 4 s. Checks that nothing acknowledged is lost and that the history of all",
      "clients is linearizable. Prints the longest time without an acknowledged write per fault."
    })
final class KillLeader extends Run {
  /** What the leader gets. */
  enum Signal {
    KILL,
    STOP
  }

  private static final Duration DOWN = Duration.ofSeconds(1);
  private static final Duration STOPPED = Duration.ofSeconds(4);
  private static final int QUIET_MILLIS_MIN = 3_000;
  private static final int QUIET_MILLIS_MAX = 4_000;

  @Option(names = "--times", description = "How many faults. Default: ${DEFAULT-VALUE}.")
  private int times = 20;

  @Option(names = "--signal", description = "KILL or STOP. Default: ${DEFAULT-VALUE}.")
  private Signal signal = Signal.KILL;

  @Option(names = "--writers", description = "Clients that write. Default: ${DEFAULT-VALUE}.")
  private int writers = 8;

  @Option(
      names = "--timeout",
      paramLabel = "MILLIS",
      description = {
        "Of each request. Default: 5000; 1000 with STOP, where a writer learns of the fault only",
        "from its own timeout."
      })
  private @Nullable Long timeoutMillis;

  @Option(names = "--seed", description = "Of keys and pauses. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Override
  void run(Path folder, Report report) throws InterruptedException {
    Duration timeout =
        Duration.ofMillis(
            timeoutMillis != null ? timeoutMillis : signal == Signal.STOP ? 1_000 : 5_000);
    Recorder recorder = new Recorder();
    Registers registers = new Registers(recorder, seed);
    List<Long> faults = new ArrayList<>();
    try (Cluster cluster = newCluster(folder);
        Load load = new Load()) {
      cluster.start();
      List<KvClient> writing =
          IntStream.range(0, writers).mapToObj(i -> cluster.connect(i, timeout)).toList();
      // Each reader asks one member only, so that followers and stopped leaders answer too.
      List<KvClient> reading =
          IntStream.range(0, Cluster.SIZE).mapToObj(i -> cluster.connectTo(i, timeout)).toList();
      long startNanos = System.nanoTime();
      load.start("writer", writers, (i, round) -> registers.write(i, round, writing.get(i)));
      load.start("reader", Cluster.SIZE, (i, round) -> registers.read(writers + i, reading.get(i)));

      Random random = new Random(seed);
      long firstTerm = cluster.leaderStatus().header().term();
      for (int i = 0; i < times; i++) {
        quiet(random);
        faults.add(hurt(cluster));
        report.progress("%d of %d, %d writes acknowledged", i + 1, times, recorder.acknowledged());
      }
      quiet(random);
      long lastTerm = cluster.leaderStatus().header().term();
      load.stop();
      long endNanos = System.nanoTime();

      report.figure("faults", "%d x SIG%s of the leader", faults.size(), signal);
      report.figure("terms", "%d, one a fault would be %d", lastTerm - firstTerm, faults.size());
      report.figure(
          "load",
          "%d writers, %d readers, timeout %d ms, %.0f writes/s for %.0f s, seed %d",
          writers,
          Cluster.SIZE,
          timeout.toMillis(),
          recorder.acknowledged() / ((endNanos - startNanos) / 1e9),
          (endNanos - startNanos) / 1e9,
          seed);
      Gaps gaps = recorder.gaps();
      List<Long> perFault = new ArrayList<>();
      for (int i = 0; i < faults.size(); i++) {
        long until = i + 1 < faults.size() ? faults.get(i + 1) : endNanos;
        perFault.add(gaps.longest(faults.get(i), until));
      }
      Gaps.print(report, "write gap per fault", perFault);
      cluster.checkEqualStates(report);
      registers.check(cluster.connect(0, Duration.ofSeconds(30)), writers + Cluster.SIZE, report);
    }
  }

  private static void quiet(Random random) throws InterruptedException {
    int millis = QUIET_MILLIS_MIN + random.nextInt(QUIET_MILLIS_MAX - QUIET_MILLIS_MIN);
    Run.pause(Duration.ofMillis(millis));
  }

  /** Hurts the leader and waits until it is well; when it began. */
  private long hurt(Cluster cluster) throws InterruptedException {
    int leader = cluster.awaitLeader();
    long nanos;
    if (signal == Signal.STOP) {
      nanos = cluster.pause(leader);
      Run.pause(STOPPED);
      cluster.resume(leader);
    } else {
      nanos = cluster.kill(leader);
      Run.pause(DOWN);
      cluster.launch(leader).awaitReady();
    }
    cluster.awaitFollower(leader);
    return nanos;
  }
}
