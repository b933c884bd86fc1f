package io.raftkv.client;

import static io.raftkv.client.FakeMember.SILENCE;
import static io.raftkv.client.FakeMember.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status.Code;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.PutRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Small calls share a stream, and nobody can tell from what comes of them. */
@Timeout(60)
class PipelineTest {
  private static final ClientOptions PLAIN = FakeCluster.PATIENT.withoutSession();

  private final List<AutoCloseable> closing = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    Collections.reverse(closing);
    for (AutoCloseable each : closing) {
      each.close();
    }
  }

  private FakeMember member(boolean hasPipeline) {
    FakeMember member = new FakeMember(1, hasPipeline).leads();
    closing.add(member);
    return member;
  }

  private KvClient clientOf(FakeMember member, ClientOptions options) {
    KvClient client = KvClient.connect(options.withEndpoints(List.of(member.endpoint())));
    closing.add(client);
    return client;
  }

  private static CompletableFuture<GetResult> get(KvClient client, String key) {
    return client.getAsync(ByteSequence.of(key), GetOptions.DEFAULT);
  }

  private static CompletableFuture<PutResult> put(KvClient client, String key, String value) {
    return client.putAsync(ByteSequence.of(key), ByteSequence.of(value), PutOptions.DEFAULT);
  }

  private static KvException failureOf(CompletableFuture<?> future) {
    ExecutionException failure =
        catchThrowableOfType(ExecutionException.class, () -> future.get(30, TimeUnit.SECONDS));
    return (KvException) failure.getCause();
  }

  @Test
  void manyCallsShareOneStream() {
    FakeMember member = member(true);
    KvClient client = clientOf(member, PLAIN);
    List<CompletableFuture<?>> calls = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      calls.add(i % 2 == 0 ? get(client, "k" + i) : put(client, "k" + i, "v"));
    }
    calls.forEach(CompletableFuture::join);

    assertThat(member.pipelines).hasValue(1);
    assertThat(member.pipelined).hasValue(2_000);
    assertThat(member.received).hasSize(2_000);
  }

  /**
   * Who came while another thread was opening the stream once left it stuck for as long as it was
   * used.
   */
  @Test
  void firstCallsFromManyThreadsAreAllAnswered() throws Exception {
    FakeMember member = member(true);
    int threads = 16;
    ExecutorService callers = Executors.newFixedThreadPool(threads);
    closing.add(callers::shutdownNow);
    for (int round = 0; round < 200; round++) {
      try (KvClient client = KvClient.connect(PLAIN.withEndpoints(List.of(member.endpoint())))) {
        // The connection is there, the stream is not.
        var unused = client.range(KeyRange.all(), RangeOptions.DEFAULT);
        CyclicBarrier together = new CyclicBarrier(threads);
        List<Future<GetResult>> calls = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          calls.add(
              callers.submit(
                  () -> {
                    together.await();
                    return client.get(ByteSequence.of("k"), GetOptions.DEFAULT);
                  }));
        }
        for (Future<GetResult> call : calls) {
          assertThat(call.get(30, TimeUnit.SECONDS)).isNotNull();
        }
      }
    }
  }

  @Test
  void answersComeInAnyOrder() throws Exception {
    FakeMember member = member(true);
    KvClient client = clientOf(member, PLAIN);
    CompletableFuture<Object> later = new CompletableFuture<>();
    member.script(later);
    CompletableFuture<GetResult> first = get(client, "slow");
    member.firstReceived.get(30, TimeUnit.SECONDS);

    client.get("quick");

    assertThat(first).isNotDone();
    later.complete(GetResponse.newBuilder().setHeader(member.header()).build());
    assertThat(first.get(30, TimeUnit.SECONDS).value()).isEmpty();
    assertThat(member.pipelines).hasValue(1);
  }

  @Test
  void callsFromTheCompletionOfOthersAreMadeToo() {
    KvClient client = clientOf(member(true), PLAIN);
    CompletableFuture<?> chain = get(client, "k");
    for (int i = 0; i < 200; i++) {
      chain = chain.thenCompose(found -> put(client, "k", "v"));
    }
    chain.join();
    assertThat(chain).isCompleted();
  }

  @Test
  void olderMemberIsAskedInTheOldWayAndOnce() {
    FakeMember member = member(false);
    KvClient client = clientOf(member, PLAIN);

    assertThat(client.put("k", "v").modRevision()).isEqualTo(42);
    client.get("k");

    assertThat(member.count(PutRequest.class)).isEqualTo(1);
    assertThat(member.count(GetRequest.class)).isEqualTo(1);
    assertThat(member.pipelined).hasValue(0);
  }

  @Test
  void largeRequestGoesByItself() {
    FakeMember member = member(true);
    KvClient client = clientOf(member, PLAIN);

    client.put("k", "v".repeat(100_000));

    assertThat(member.count(PutRequest.class)).isEqualTo(1);
    assertThat(member.pipelined).hasValue(0);
  }

  @Test
  void clientWithoutAPipelineOpensNone() {
    FakeMember member = member(true);
    KvClient client = clientOf(member, PLAIN.withoutPipeline());

    client.put("k", "v");

    assertThat(member.count(PutRequest.class)).isEqualTo(1);
    assertThat(member.pipelines).hasValue(0);
  }

  @Test
  void errorOfOneCallLeavesTheOthersAlone() {
    FakeMember member = member(true);
    KvClient client = clientOf(member, PLAIN);
    member.script(
        error(
            Code.FAILED_PRECONDITION,
            "CONDITION_FAILED",
            "not_applied",
            Map.of("mod_revision", "7")));

    KvException failure = failureOf(put(client, "k", "v"));

    assertThat(failure.reason()).isEqualTo(Reason.CONDITION_FAILED);
    assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    client.put("k", "v");
    assertThat(member.pipelines).hasValue(1);
  }

  @Test
  void brokenStreamLeavesTheWritesThatLeftUnknown() throws Exception {
    FakeMember member = member(true);
    KvClient client = clientOf(member, PLAIN);
    member.behaviour = request -> SILENCE;
    CompletableFuture<PutResult> put = put(client, "k", "v");
    member.firstReceived.get(30, TimeUnit.SECONDS);

    member.stop();

    KvException failure = failureOf(put);
    assertThat(failure.reason()).isEqualTo(Reason.CONNECTION_LOST);
    assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void readsOfABrokenStreamAreMadeAgain() throws Exception {
    FakeMember member = member(true);
    KvClient client = clientOf(member, PLAIN);
    member.script(SILENCE);
    CompletableFuture<GetResult> get = get(client, "k");
    member.firstReceived.get(30, TimeUnit.SECONDS);

    member.stop();
    member.start();

    assertThat(get.get(30, TimeUnit.SECONDS).value()).isEmpty();
    assertThat(member.pipelines).hasValue(2);
  }

  @Test
  void callThatIsGivenUpIsForgotten() throws Exception {
    FakeMember member = member(true);
    KvClient client = clientOf(member, PLAIN);
    CompletableFuture<Object> later = new CompletableFuture<>();
    member.script(later);
    CompletableFuture<GetResult> get = get(client, "k");
    member.firstReceived.get(30, TimeUnit.SECONDS);

    get.cancel(false);
    later.complete(GetResponse.newBuilder().setHeader(member.header()).build());

    client.put("k", "v");
    assertThat(get).isCancelled();
    assertThat(member.pipelines).hasValue(1);
  }
}
