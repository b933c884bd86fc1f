package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.GetResult;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.PutOptions;
import io.raftkv.client.Reason;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RequestId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes are exactly-once, whatever happens to the members and however often they are sent. */
final class SessionsIT {
  private static final String LIST = "list";

  @TempDir Path folder;

  /** Appends to one value by compare and set; a condition that failed has to be true. */
  private static final class Appender implements Runnable {
    private final KvClient client;
    private final AtomicBoolean isStopped;
    private final AtomicInteger appended = new AtomicInteger();

    Appender(KvClient client, AtomicBoolean isStopped) {
      this.client = client;
      this.isStopped = isStopped;
    }

    @Override
    public void run() {
      while (!isStopped.get()) {
        GetResult read = client.get(LIST);
        String longer = read.value().map(ByteSequence::utf8).orElse("") + "x";
        long revision = read.kv().map(KeyValue::modRevision).orElse(0L);
        try {
          client.put(LIST, longer, PutOptions.DEFAULT.withIfRevision(revision));
          appended.incrementAndGet();
        } catch (KvException e) {
          // Had this put been applied by an attempt whose answer was lost, it would be counted out.
          assertThat(e.reason()).isEqualTo(Reason.CONDITION_FAILED);
        }
      }
    }
  }

  @Test
  void everyAppendCountsOnceAcrossLeadersThatAreKilled() {
    try (KvdCluster cluster = new KvdCluster(folder, 3).start();
        KvClient first = cluster.client(Duration.ofSeconds(60));
        KvClient second = cluster.client(Duration.ofSeconds(60))) {
      cluster.awaitLeader();
      AtomicBoolean isStopped = new AtomicBoolean();
      List<Appender> appenders =
          List.of(
              new Appender(first, isStopped),
              new Appender(first, isStopped),
              new Appender(second, isStopped),
              new Appender(second, isStopped));
      List<CompletableFuture<Void>> running =
          appenders.stream()
              .map(appender -> CompletableFuture.runAsync(appender, SessionsIT::start))
              .toList();

      for (int kills = 0; kills < 3; kills++) {
        awaitMore(appenders, 30);
        int leader = cluster.awaitLeader();
        cluster.process(leader).kill();
        awaitMore(appenders, 30);
        cluster.start(leader);
      }
      isStopped.set(true);
      running.forEach(CompletableFuture::join);

      String value = cluster.client().get(LIST).value().orElseThrow().utf8();
      assertThat(value).hasSize(total(appenders));
      cluster.awaitEqualStates();
    }
  }

  private static void start(Runnable work) {
    new Thread(work, "appender").start();
  }

  private static int total(List<Appender> appenders) {
    return appenders.stream().mapToInt(appender -> appender.appended.get()).sum();
  }

  private static void awaitMore(List<Appender> appenders, int more) {
    int before = total(appenders);
    Awaitility.await("appends go on")
        .atMost(Duration.ofSeconds(60))
        .until(() -> total(appenders) >= before + more);
  }

  /** Each to two members at once, and later ones again when all members have been killed. */
  @Test
  void aRequestThatIsSentTwiceMakesOneRevision() throws Exception {
    int requests = 120;
    try (KvdCluster cluster =
        new KvdCluster(folder, 3, "--snapshot-entries", "50", "--trailing-entries", "10").start()) {
      cluster.awaitLeader();
      long session = cluster.client().sessions().open("twice", Duration.ofMinutes(10)).sessionId();
      List<Long> revisions = new ArrayList<>();
      for (int i = 1; i <= requests; i++) {
        if (i == requests / 2) {
          cluster.process(cluster.awaitLeader()).kill();
        }
        revisions.add(sendTwice(cluster, put(session, i, Math.max(1, i - 9))));
      }
      assertThat(revisions).doesNotHaveDuplicates();
      assertThat(cluster.client().get("k").header().revision()).isEqualTo(requests);

      cluster.killAll();
      cluster.start();
      for (int i = requests - 9; i <= requests; i++) {
        assertThat(sendTwice(cluster, put(session, i, requests - 9)))
            .as("answer to sequence %d", i)
            .isEqualTo(revisions.get(i - 1));
      }
      assertThat(cluster.client().get("k").header().revision()).isEqualTo(requests);
      cluster.awaitEqualStates();
    }
  }

  private static PutRequest put(long session, long sequence, long firstOutstanding) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8("k"))
        .setValue(ByteString.copyFromUtf8("v" + sequence))
        .setRequestId(
            RequestId.newBuilder()
                .setSessionId(session)
                .setSequence(sequence)
                .setFirstOutstanding(firstOutstanding))
        .build();
  }

  /** The revision that both copies are told. */
  private static long sendTwice(KvdCluster cluster, PutRequest request) throws Exception {
    List<Integer> running = cluster.runningMembers();
    CompletableFuture<Long> other =
        CompletableFuture.supplyAsync(() -> send(cluster, running.get(0), request));
    long revision = send(cluster, running.get(running.size() - 1), request);
    assertThat(other.get()).isEqualTo(revision);
    return revision;
  }

  /** Again and again, until it is answered. */
  private static long send(KvdCluster cluster, int member, PutRequest request) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(
                cluster.endpoint(member).host(), cluster.endpoint(member).port())
            .usePlaintext()
            .build();
    try {
      return Awaitility.await("an answer")
          .pollDelay(Duration.ZERO)
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
          .until(
              () ->
                  KVGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(10, TimeUnit.SECONDS)
                      .put(request)
                      .getModRevision(),
              revision -> revision > 0);
    } finally {
      channel.shutdownNow();
    }
  }
}
