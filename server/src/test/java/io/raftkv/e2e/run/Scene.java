package io.raftkv.e2e.run;

import io.raftkv.client.KvClient;
import io.raftkv.client.ReadOptions;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A cluster and clients that write and read without end while something is done to it; then the
 * verdict. Each reader asks one member only, so that those answer too that should not. Used by one
 * thread.
 */
final class Scene implements AutoCloseable {
  /** Leaves the machine's processors to the members, and keeps the history short. */
  private static final Duration PAUSE_OF_WRITERS = Duration.ofMillis(4);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  final Cluster cluster;
  final Recorder recorder = new Recorder();
  private final Registers registers;
  private final LoadOptions options;
  private final Load load = new Load();
  private long startNanos;

  /** The cluster is closed with this. */
  Scene(Cluster cluster, LoadOptions options) {
    this.cluster = cluster;
    this.options = options;
    registers = new Registers(recorder, options.seed);
  }

  /** Starts the members, and then the clients. */
  void start(ReadOptions read) throws InterruptedException {
    cluster.start();
    List<KvClient> writing =
        IntStream.range(0, options.writers)
            .mapToObj(i -> cluster.connect(i, options.timeout()))
            .toList();
    List<KvClient> reading =
        IntStream.range(0, cluster.size())
            .mapToObj(i -> cluster.connectTo(i, options.timeout()))
            .toList();
    startNanos = System.nanoTime();
    load.start(
        "writer",
        options.writers,
        (i, round) -> {
          registers.write(i, round, writing.get(i));
          Load.pause(PAUSE_OF_WRITERS);
        });
    load.start(
        "reader",
        cluster.size(),
        (i, round) -> registers.read(options.writers + i, reading.get(i), read));
  }

  /** Waits until a write was acknowledged after that time; when it was. */
  long awaitAcknowledged(long afterNanos) throws InterruptedException {
    cluster.await(
        "an acknowledged write", () -> recorder.firstAcknowledged(afterNanos).isPresent());
    return recorder.firstAcknowledged(afterNanos).getAsLong();
  }

  /** Ends the load; every member runs, and every fault is over. */
  void judge(Report report) throws InterruptedException {
    load.stop();
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    report.figure(
        "load",
        "%d writers, %d readers, timeout %d ms, %.0f writes/s for %.0f s, seed %d",
        options.writers,
        cluster.size(),
        options.timeout().toMillis(),
        recorder.acknowledged() / seconds,
        seconds,
        options.seed);
    cluster.checkEqualStates(report);
    registers.check(cluster.connect(0, PATIENCE), options.writers + cluster.size(), report);
  }

  @Override
  public void close() {
    load.close();
    cluster.close();
  }
}
