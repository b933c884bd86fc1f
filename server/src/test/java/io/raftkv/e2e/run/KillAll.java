package io.raftkv.e2e.run;

import io.raftkv.client.KvClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** All members die at once, again and again while clients write. */
@Command(
    name = "kill-all",
    sortOptions = false,
    description = {
      "All members die at once, again and again.",
      "Every 3 s all members are killed at once (kill -9) and started again. Checks that nothing",
      "acknowledged is lost and that the history is linearizable. Prints how long the first",
      "acknowledged write took, from the start of the last process and from its ready line."
    })
final class KillAll extends Run {
  private static final Duration QUIET = Duration.ofSeconds(3);
  private static final Duration DOWN = Duration.ofMillis(500);
  private static final Duration BACK_GOAL = Duration.ofSeconds(2);

  @Option(names = "--times", description = "How many times. Default: ${DEFAULT-VALUE}.")
  private int times = 20;

  @Option(names = "--writers", description = "Clients that write. Default: ${DEFAULT-VALUE}.")
  private int writers = 8;

  @Option(
      names = "--timeout",
      paramLabel = "MILLIS",
      description = "Of each request. Default: ${DEFAULT-VALUE}.")
  private long timeoutMillis = 5_000;

  @Option(names = "--seed", description = "Of keys. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Override
  void run(Path folder, Report report) throws InterruptedException {
    Duration timeout = Duration.ofMillis(timeoutMillis);
    Recorder recorder = new Recorder();
    Registers registers = new Registers(recorder, seed);
    List<Long> sinceStart = new ArrayList<>();
    List<Long> sinceReady = new ArrayList<>();
    try (Cluster cluster = newCluster(folder);
        Load load = new Load()) {
      cluster.start();
      List<KvClient> writing =
          IntStream.range(0, writers).mapToObj(i -> cluster.connect(i, timeout)).toList();
      List<KvClient> reading =
          IntStream.range(0, Cluster.SIZE).mapToObj(i -> cluster.connectTo(i, timeout)).toList();
      load.start("writer", writers, (i, round) -> registers.write(i, round, writing.get(i)));
      load.start("reader", Cluster.SIZE, (i, round) -> registers.read(writers + i, reading.get(i)));
      for (int i = 0; i < times; i++) {
        Run.pause(QUIET);
        cluster.killAll();
        Run.pause(DOWN);
        cluster.startAll();
        long started = latest(cluster, true);
        long ready = latest(cluster, false);
        long first = awaitAcknowledged(cluster, recorder, started);
        sinceStart.add(first - started);
        sinceReady.add(first - ready);
        report.progress(
            "%d of %d, back %.0f ms after the last start, %d writes acknowledged",
            i + 1, times, millis(first - started), recorder.acknowledged());
      }
      Run.pause(QUIET);
      load.stop();

      report.figure("faults", "%d x SIGKILL of all", times);
      report.figure(
          "load",
          "%d writers, %d readers, timeout %d ms, seed %d",
          writers,
          Cluster.SIZE,
          timeoutMillis,
          seed);
      Gaps.print(report, "last start to first write", sinceStart);
      Gaps.print(report, "last ready to first write", sinceReady);
      report.figure(
          "  within " + BACK_GOAL.toMillis() + " ms of the last start",
          "%d of %d",
          sinceStart.stream().filter(nanos -> nanos <= BACK_GOAL.toNanos()).count(),
          times);
      cluster.checkEqualStates(report);
      registers.check(cluster.connect(0, Duration.ofSeconds(30)), writers + Cluster.SIZE, report);
    }
  }

  private static long latest(Cluster cluster, boolean isStart) {
    long latest = Long.MIN_VALUE;
    for (int member = 0; member < Cluster.SIZE; member++) {
      long nanos =
          isStart ? cluster.process(member).startedNanos() : cluster.process(member).readyNanos();
      latest = Math.max(latest, nanos);
    }
    return latest;
  }

  private static long awaitAcknowledged(Cluster cluster, Recorder recorder, long afterNanos)
      throws InterruptedException {
    OptionalLong[] first = {OptionalLong.empty()};
    cluster.await(
        "an acknowledged write",
        () -> {
          first[0] = recorder.firstAcknowledged(afterNanos);
          return first[0].isPresent();
        });
    return first[0].getAsLong();
  }
}
