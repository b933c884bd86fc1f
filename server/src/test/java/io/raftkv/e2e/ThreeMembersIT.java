package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ThreeMembersIT {
  @TempDir Path folder;

  /** Writes one key after the other, as long as it is told to; remembers what was acknowledged. */
  private static final class Writer implements AutoCloseable {
    private final KvClient client;
    private final AtomicBoolean isStopped = new AtomicBoolean();
    private final List<String> acknowledged = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "writer");

    Writer(KvClient client) {
      this.client = client;
      thread.start();
    }

    private void run() {
      for (int i = 0; !isStopped.get(); i++) {
        String key = String.format("w%06d", i);
        try {
          client.put(key, key);
          synchronized (acknowledged) {
            acknowledged.add(key);
          }
        } catch (KvException e) {
          // Not acknowledged: it may be there or not, and nothing is claimed of it.
          continue;
        }
      }
    }

    int count() {
      synchronized (acknowledged) {
        return acknowledged.size();
      }
    }

    void awaitMore(int more) {
      int before = count();
      Awaitility.await("writes go on")
          .atMost(Duration.ofSeconds(60))
          .until(() -> count() >= before + more);
    }

    List<String> stop() {
      isStopped.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
      return acknowledged;
    }

    @Override
    public void close() {
      stop();
    }
  }

  private static void assertAllThere(KvClient client, List<String> keys) {
    for (String key : keys) {
      assertThat(client.get(key).value()).as(key).contains(ByteSequence.of(key));
    }
  }

  private static void write(KvClient client, String prefix, int count) {
    for (int i = 0; i < count; i++) {
      client.put(prefix + i, prefix + i);
    }
  }

  @Test
  void killingTheLeaderLosesNothingThatWasAcknowledged() {
    try (KvdCluster cluster = new KvdCluster(folder, 3).start()) {
      int leader = cluster.awaitLeader();
      try (Writer writer = new Writer(cluster.client())) {
        writer.awaitMore(50);

        cluster.process(leader).kill();
        writer.awaitMore(50);
        cluster.start(leader);
        writer.awaitMore(50);

        List<String> acknowledged = writer.stop();
        cluster.awaitEqualStates();
        assertAllThere(cluster.client(), acknowledged);
      }
    }
  }

  @Test
  void aMemberThatWasAwayCatchesUpFromTheLog() {
    try (KvdCluster cluster = new KvdCluster(folder, 3).start()) {
      int away = (cluster.awaitLeader() + 1) % 3;
      cluster.process(away).kill();
      write(cluster.client(), "k", 200);

      cluster.start(away);
      cluster.awaitEqualStates();

      assertThat(cluster.status(away).snapshotIndex()).isZero();
      assertThat(cluster.status(away).keys()).isEqualTo(200);
    }
  }

  @Test
  void aMemberThatWasAwayForLongCatchesUpFromASnapshot() {
    try (KvdCluster cluster =
        new KvdCluster(folder, 3, "--snapshot-entries", "100", "--trailing-entries", "10")
            .start()) {
      int leader = cluster.awaitLeader();
      int away = (leader + 1) % 3;
      write(cluster.client(), "before", 10);
      cluster.process(away).kill();
      write(cluster.client(), "after", 500);

      cluster.start(away);
      cluster.awaitEqualStates();

      assertThat(cluster.status(away).snapshotIndex()).isPositive();
      assertThat(cluster.status(away).keys()).isEqualTo(510);
      // And what it received survives.
      cluster.process(away).kill();
      cluster.start(away);
      cluster.awaitEqualStates();
      assertThat(cluster.status(away).keys()).isEqualTo(510);
    }
  }

  @Test
  void killingAllMembersLosesNothingThatWasAcknowledged() {
    try (KvdCluster cluster = new KvdCluster(folder, 3, "--snapshot-entries", "100").start()) {
      cluster.awaitLeader();
      List<String> acknowledged;
      try (Writer writer = new Writer(cluster.client())) {
        writer.awaitMore(250);
        for (int member = 0; member < cluster.size(); member++) {
          cluster.process(member).kill();
        }
        acknowledged = writer.stop();
      }

      cluster.start();

      assertAllThere(cluster.client(), acknowledged);
      cluster.awaitEqualStates();
    }
  }

  @Test
  void sigtermHandsLeadershipOver() {
    try (KvdCluster cluster = new KvdCluster(folder, 3, "--election-timeout", "10s").start()) {
      int leader = cluster.awaitLeader();
      write(cluster.client(), "k", 20);
      long term = cluster.status(leader).header().term();

      cluster.process(leader).terminate();
      assertThat(cluster.process(leader).awaitExit()).isZero();

      // An election that waits for a timeout would take ten seconds and more.
      Awaitility.await("a new leader")
          .atMost(Duration.ofSeconds(5))
          .until(() -> cluster.leader().isPresent());
      int next = cluster.awaitLeader();
      assertThat(next).isNotEqualTo(leader);
      assertThat(cluster.status(next).header().term()).isEqualTo(term + 1);
      cluster.client().put("after", "handover");
      cluster.start(leader);
      cluster.awaitEqualStates();
    }
  }

  @Test
  void aPausedLeaderIsReplacedAndNeverAnswersFromThePast() {
    try (KvdCluster cluster = new KvdCluster(folder, 3).start()) {
      int paused = cluster.awaitLeader();
      cluster.client().put("key", "old");
      cluster.process(paused).pauseProcess();
      // A write that went to the paused leader ends with an unknown outcome; the next one does not.
      try (KvClient client = cluster.client(Duration.ofSeconds(3))) {
        Awaitility.await("another leader")
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptionsInstanceOf(KvException.class)
            .until(() -> client.put("key", "new").modRevision() > 0);
      }

      cluster.process(paused).resumeProcess();

      try (KvClient direct = cluster.clientOf(paused)) {
        assertThat(direct.get("key").value()).contains(ByteSequence.of("new"));
      }
      cluster.awaitEqualStates();
    }
  }

  @Test
  void everyMemberServesReadsAndWrites() {
    try (KvdCluster cluster = new KvdCluster(folder, 3).start()) {
      cluster.awaitLeader();
      for (int member = 0; member < cluster.size(); member++) {
        try (KvClient client = cluster.clientOf(member)) {
          client.put("key", "by " + member);
          assertThat(client.get("key").value()).contains(ByteSequence.of("by " + member));
        }
      }
    }
  }
}
