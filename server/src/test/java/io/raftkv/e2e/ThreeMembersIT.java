package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.Endpoint;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.KVGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
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
        cluster.killAll();
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

      // Not by an election that waits for a timeout.
      assertThat(cluster.process(leader).stderrText()).contains("handed leadership over");
      Awaitility.await("a new leader")
          .atMost(Duration.ofSeconds(60))
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
  void aPausedLeaderIsReplacedAndNeverAnswersFromThePast() throws Exception {
    try (KvdCluster cluster = new KvdCluster(folder, 3).start()) {
      int paused = cluster.awaitLeader();
      cluster.client().put("key", "old");
      ManagedChannel channel = channelTo(cluster.endpoint(paused));
      KVGrpc.KVFutureStub direct =
          KVGrpc.newFutureStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
      GetRequest read = GetRequest.newBuilder().setKey(ByteString.copyFromUtf8("key")).build();
      long pausedId = direct.get(read).get().getHeader().getMemberId();
      cluster.process(paused).pauseProcess();
      // It waits in the sockets, and is the first that the member sees when it goes on.
      ListenableFuture<GetResponse> sentWhilePaused = direct.get(read);
      // A write that went to the paused leader ends with an unknown outcome; the next one does not.
      try (KvClient client = cluster.client(Duration.ofSeconds(3))) {
        Awaitility.await("another leader")
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptionsInstanceOf(KvException.class)
            .until(() -> client.put("key", "new").modRevision() > 0);
      }

      assertThat(sentWhilePaused).isNotDone();
      cluster.process(paused).resumeProcess();

      ListenableFuture<GetResponse> sentAfterwards = direct.get(read);
      assertNotFromThePast(sentWhilePaused, pausedId);
      assertNotFromThePast(sentAfterwards, pausedId);
      cluster.awaitEqualStates();
      assertThat(direct.get(read).get().getKv().getValue().toStringUtf8()).isEqualTo("new");
      channel.shutdownNow();
    }
  }

  private static ManagedChannel channelTo(Endpoint endpoint) {
    return NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port()).usePlaintext().build();
  }

  /** A refusal is fine as long as it does not know the new leader. */
  private static void assertNotFromThePast(ListenableFuture<GetResponse> read, long memberId)
      throws InterruptedException {
    GetResponse response;
    try {
      response = read.get();
    } catch (ExecutionException e) {
      assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      return;
    }
    assertThat(response.getHeader().getMemberId()).isEqualTo(memberId);
    assertThat(response.getKv().getValue().toStringUtf8()).isEqualTo("new");
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
