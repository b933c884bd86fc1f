package io.raftkv.e2e.run;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.MemberStatus;
import io.raftkv.client.PutOptions;
import io.raftkv.e2e.KvdProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A member comes back after the log it misses was compacted, while clients write. */
@Command(
    name = "snapshot-catch-up",
    sortOptions = false,
    description = {
      "A member comes back far behind.",
      "A follower is killed, many entries pass, the log is compacted; then it is started again",
      "while clients write. Checks that a snapshot brought it up to date and that all states are",
      "equal. Prints how long writes took before and meanwhile."
    })
final class SnapshotCatchUp extends Run {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(20);
  private static final int FIRST_ENTRIES = 100;
  private static final int IN_FLIGHT = 256;
  private static final String RECEIVING = "receiving snapshot ";
  private static final String BYTES_SENT = "raftkv_peer_bytes_sent_total{stream=\"snapshot\"}";

  @Option(
      names = "--entries",
      description = "That pass while the member is down. Default: ${DEFAULT-VALUE}.")
  private int entries = 100_000;

  @Option(names = "--value-bytes", description = "Of each entry. Default: ${DEFAULT-VALUE}.")
  private int valueBytes = 256;

  @Option(
      names = "--snapshot-entries",
      description = "A member takes a snapshot after so many. Default: ${DEFAULT-VALUE}.")
  private int snapshotEntries = 10_000;

  @Option(names = "--writers", description = "Clients that write. Default: ${DEFAULT-VALUE}.")
  private int writers = 8;

  @Option(
      names = "--seconds",
      description = "Of writing before the start, and after the end. Default: ${DEFAULT-VALUE}.")
  private int seconds = 10;

  private final Recorder recorder = new Recorder();

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    String[] arguments = {
      "--snapshot-entries", Integer.toString(snapshotEntries),
      "--trailing-entries", Integer.toString(snapshotEntries / 10)
    };
    try (Cluster cluster = newCluster(folder, arguments);
        Load load = new Load()) {
      cluster.start();
      fill(cluster.connect(0, TIMEOUT), "first", FIRST_ENTRIES);
      int leader = cluster.awaitLeader();
      int away = (leader + 1) % Cluster.SIZE;
      cluster.awaitFollower(away);
      long hadIndex = cluster.status(away).orElseThrow().lastIndex();
      cluster.kill(away);

      long fillStart = System.nanoTime();
      fill(cluster.connect(0, TIMEOUT), "missed", entries);
      double fillSeconds = (System.nanoTime() - fillStart) / 1e9;
      report.figure(
          "entries missed",
          "%d of %d B, at %.0f/s with %d under way",
          entries,
          valueBytes,
          entries / fillSeconds,
          IN_FLIGHT);

      List<KvClient> clients =
          IntStream.range(0, writers).mapToObj(i -> cluster.connect(i, TIMEOUT)).toList();
      load.start("writer", writers, (i, round) -> write(clients.get(i), i, round));
      long beforeStart = System.nanoTime();
      Run.pause(Duration.ofSeconds(seconds));

      MemberStatus now = cluster.leaderStatus();
      report.check(
          "log is compacted past the member",
          now.firstIndex() > hadIndex + 1,
          "first index " + now.firstIndex() + ", the member has up to " + hadIndex);
      double sentBefore = bytesSent(cluster, away);
      long restart = System.nanoTime();
      KvdProcess process = cluster.launch(away);
      long caughtUp = awaitApplied(cluster, away, now.commitIndex());
      long ready = process.awaitReady().readyNanos();
      MemberStatus then = cluster.status(away).orElseThrow();
      double sent = bytesSent(cluster, away) - sentBefore;
      Run.pause(Duration.ofSeconds(seconds));
      load.stop();
      long end = System.nanoTime();

      List<String> received =
          process.stderr().stream()
              .filter(line -> line.contains(RECEIVING))
              .map(line -> line.substring(line.indexOf(RECEIVING) + RECEIVING.length()))
              .toList();
      report.check(
          "came from a snapshot",
          !received.isEmpty() && sent > 0 && then.snapshotIndex() > hadIndex,
          "snapshot index " + then.snapshotIndex() + ", " + sent + " bytes of snapshots sent");
      report.figure(
          "transfer",
          "index %d to %d, snapshots received: %s; %.1f MB sent",
          hadIndex,
          now.commitIndex(),
          String.join(", ", received),
          sent / 1e6);
      report.figure(
          "  time",
          "%.0f ms from start, of which %.0f ms until ready",
          millis(caughtUp - restart),
          millis(ready - restart));
      latency(report, "write latency before", beforeStart, restart);
      latency(report, "  from start until caught up", restart, caughtUp);
      latency(report, "  from ready until caught up", Math.min(ready, caughtUp), caughtUp);
      latency(report, "  after", caughtUp, end);
      report.figure(
          "longest write gap meanwhile",
          "%.0f ms (before: %.0f ms)",
          millis(recorder.gaps().longest(restart, caughtUp)),
          millis(recorder.gaps().longest(beforeStart, restart)));
      recorder.printFailures(report);
      cluster.checkEqualStates(report);
      long keys = cluster.leaderStatus().keys();
      long expected = FIRST_ENTRIES + entries + recorder.acknowledged();
      report.check(
          "nothing acknowledged is lost",
          keys >= expected && keys <= expected + recorder.unknown(),
          keys + " keys, " + expected + " acknowledged, " + recorder.unknown() + " unknown");
    }
  }

  private void latency(Report report, String name, long fromNanos, long toNanos) {
    Histogram micros = recorder.micros(fromNanos, toNanos);
    report.figure(
        name,
        "p50 %.2f ms, p99 %.2f ms, max %.0f ms, %.0f writes/s",
        micros.getValueAtPercentile(50) / 1e3,
        micros.getValueAtPercentile(99) / 1e3,
        micros.getMaxValue() / 1e3,
        micros.getTotalCount() / Math.max(1e-3, (toNanos - fromNanos) / 1e9));
  }

  private void write(KvClient client, int worker, long round) {
    long start = System.nanoTime();
    try {
      client.put(ByteSequence.of("during/" + worker + "/" + round), newValue());
      recorder.acknowledged(start, System.nanoTime());
    } catch (KvException e) {
      recorder.failed(e);
      LockSupport.parkNanos(PAUSE_AFTER_FAILURE.toNanos());
    }
  }

  /** Writes new keys, many at a time; a key that fails is written again. */
  private void fill(KvClient client, String prefix, int count) throws InterruptedException {
    Semaphore places = new Semaphore(IN_FLIGHT);
    AtomicLong next = new AtomicLong();
    AtomicLong failures = new AtomicLong();
    while (next.get() < count) {
      places.acquire();
      send(client, prefix + "/" + next.getAndIncrement(), newValue(), places, failures);
    }
    places.acquire(IN_FLIGHT);
  }

  /** Random, so that no compression makes the snapshot small. */
  private ByteSequence newValue() {
    byte[] bytes = new byte[valueBytes];
    ThreadLocalRandom.current().nextBytes(bytes);
    return ByteSequence.wrap(bytes);
  }

  private void send(
      KvClient client, String key, ByteSequence value, Semaphore places, AtomicLong failures) {
    client
        .putAsync(ByteSequence.of(key), value, PutOptions.DEFAULT)
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                places.release();
              } else if (failures.incrementAndGet() > entries) {
                throw new IllegalStateException("the cluster takes no writes", failure);
              } else {
                // The same again is the same as once.
                send(client, key, value, places, failures);
              }
            });
  }

  private static double bytesSent(Cluster cluster, int away)
      throws IOException, InterruptedException {
    double sum = 0;
    for (int member = 0; member < Cluster.SIZE; member++) {
      sum += member == away ? 0 : cluster.metric(member, BYTES_SENT);
    }
    return sum;
  }

  private static long awaitApplied(Cluster cluster, int member, long index)
      throws InterruptedException {
    cluster.await(
        "member " + (member + 1) + " has applied " + index,
        () -> {
          Optional<MemberStatus> status = cluster.status(member);
          return status.isPresent() && status.get().appliedIndex() >= index;
        });
    return System.nanoTime();
  }
}
