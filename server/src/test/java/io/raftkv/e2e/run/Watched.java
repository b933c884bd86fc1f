package io.raftkv.e2e.run;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A member that is hurt: whether it serves as before, and what it holds. Used by one thread. */
final class Watched {
  /**
   * What the member holds.
   *
   * @param descriptors files and sockets that are open
   * @param heapBytes in use, after a collection
   */
  record Figures(long descriptors, double heapBytes) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "%d descriptors, heap %.0f MB", descriptors, heapBytes / 1e6);
    }
  }

  private static final int COLLECTION_SECONDS_MAX = 30;

  private final Cluster cluster;
  private final int member;
  private final KvClient client;
  private final long term;
  private long writes;

  Watched(Cluster cluster, int member, KvClient client) {
    this.cluster = cluster;
    this.member = member;
    this.client = client;
    this.term = cluster.status(member).orElseThrow().header().term();
  }

  /** What it does no more; empty if all is well. */
  String harm() {
    if (!cluster.process(member).isAlive()) {
      return "the process has ended";
    }
    try {
      // Anew each time: a mutant may be a good request, and delete everything.
      String value = "value " + ++writes;
      var unused = client.put("watched", value);
      if (!client.get("watched").value().equals(Optional.of(ByteSequence.of(value)))) {
        return "what was written is not there";
      }
    } catch (KvException e) {
      return "does not serve: " + e.getMessage();
    }
    Optional<Long> now = cluster.status(member).map(status -> status.header().term());
    return now.isPresent() && now.get() == term ? "" : "the term was " + term + ", is " + now;
  }

  /** Loads what the first requests load, so that it does not count as growth. */
  void settle() throws IOException, InterruptedException {
    String unused = harm();
    collect();
  }

  Figures figures() throws IOException, InterruptedException {
    collect();
    return new Figures(
        (long) cluster.metric(member, "process_open_fds"),
        cluster.metric(member, "jvm_memory_used_bytes{area=\"heap\"}"));
  }

  private void collect() throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Process process =
        new ProcessBuilder(jcmd.toString(), Long.toString(cluster.process(member).pid()), "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(COLLECTION_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(jcmd + " could not ask for a collection");
    }
  }
}
