package io.raftkv.e2e.run;

import io.raftkv.client.DeleteOptions;
import io.raftkv.client.KeyRange;
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
  private final LoadOptions options;
  private List<KvClient> writing = List.of();
  private List<KvClient> reading = List.of();
  private Recorder recorder = new Recorder();
  private Registers registers;
  private Load load = new Load();
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
    connect();
    startClients(read);
  }

  private void connect() {
    writing =
        IntStream.range(0, options.writers)
            .mapToObj(i -> cluster.connect(i, options.timeout()))
            .toList();
    reading =
        IntStream.range(0, cluster.size())
            .mapToObj(i -> cluster.connectTo(i, options.timeout()))
            .toList();
  }

  private void startClients(ReadOptions read) {
    Registers judged = registers;
    startNanos = System.nanoTime();
    load.start(
        "writer",
        options.writers,
        (i, round) -> {
          judged.write(i, round, writing.get(i));
          Load.pause(PAUSE_OF_WRITERS);
        });
    load.start(
        "reader",
        cluster.size(),
        (i, round) -> judged.read(options.writers + i, reading.get(i), read));
  }

  /** When writes were acknowledged, since the clients were started. */
  Recorder recorder() {
    return recorder;
  }

  /** Before each fault: see {@link Registers#renewKeys}. */
  void renewKeys() {
    registers.renewKeys();
  }

  /** A client that is not judged. */
  KvClient control() {
    return writing.get(0);
  }

  /** Waits until a write was acknowledged after that time; when it was. */
  long awaitAcknowledged(long afterNanos) throws InterruptedException {
    cluster.await(
        "an acknowledged write", () -> recorder.firstAcknowledged(afterNanos).isPresent());
    return recorder.firstAcknowledged(afterNanos).getAsLong();
  }

  /** Ends the clients' work and judges it; every member runs, and every fault is over. */
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
    try (KvClient client = cluster.connect(0, PATIENCE)) {
      registers.check(client, options.writers + cluster.size(), report);
    }
  }

  /** After {@link #judge}: the clients begin anew, on other keys; what was written is deleted. */
  void restart(String prefix) {
    try (KvClient client = cluster.connect(0, PATIENCE)) {
      while (client.delete(KeyRange.all(), DeleteOptions.DEFAULT).deleted() > 0) {
        // Very many keys take several requests.
      }
    }
    recorder = new Recorder();
    registers = new Registers(recorder, options.seed, prefix);
    load = new Load();
    startClients(ReadOptions.DEFAULT);
  }

  @Override
  public void close() {
    load.close();
    cluster.close();
  }
}
