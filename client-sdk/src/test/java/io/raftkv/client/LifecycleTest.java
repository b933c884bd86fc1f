package io.raftkv.client;

import static io.raftkv.client.FakeMember.SILENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.proto.v1.PutRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits, cancelling, interrupting, closing. */
@Timeout(60)
class LifecycleTest {
  private static final ByteSequence KEY = ByteSequence.of("k");

  @Test
  void oneCallTooManyIsRefusedAndNotSent() {
    try (FakeCluster cluster = new FakeCluster(FakeCluster.PATIENT.withMaxInFlight(2)).learned()) {
      cluster.leader.behaviour = request -> SILENCE;
      put(cluster);
      put(cluster);

      assertThatThrownBy(put(cluster)::get)
          .cause()
          .isInstanceOfSatisfying(
              KvException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.QUEUE_FULL);
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(e.endpoint()).isEmpty();
              });
    }
  }

  @Test
  void whatEndsMakesRoomAgain() {
    try (FakeCluster cluster = new FakeCluster(FakeCluster.PATIENT.withMaxInFlight(1))) {
      for (int i = 0; i < 20; i++) {
        cluster.client.put("k", "v");
      }
      cluster.leader.behaviour = request -> SILENCE;
      CompletableFuture<PutResult> cancelled = put(cluster);
      cancelled.cancel(true);
      cluster.leader.behaviour = cluster.leader::answer;

      assertThat(cluster.client.put("k", "v").modRevision()).isEqualTo(42);
    }
  }

  @Test
  void closingEndsTheWriteUnderWayAsUnknown() {
    try (FakeCluster cluster = new FakeCluster().learned()) {
      cluster.leader.behaviour = request -> SILENCE;
      CompletableFuture<PutResult> put = put(cluster);
      while (cluster.leader.count(PutRequest.class) == 0) {
        Thread.onSpinWait();
      }

      cluster.client.close();

      assertThatThrownBy(put::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              KvException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.CLIENT_CLOSED);
                assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
              });
    }
  }

  @Test
  void aClosedClientRefusesEveryCall() {
    try (FakeCluster cluster = new FakeCluster()) {
      cluster.client.close();
      cluster.client.close();

      assertThatThrownBy(() -> cluster.client.put("k", "v"))
          .isInstanceOfSatisfying(
              KvException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.CLIENT_CLOSED);
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
              });
    }
  }

  @Test
  void anInterruptEndsTheWait() {
    try (FakeCluster cluster = new FakeCluster().learned()) {
      cluster.leader.behaviour = request -> SILENCE;
      Thread.currentThread().interrupt();

      assertThatThrownBy(() -> cluster.client.put("k", "v"))
          .isInstanceOfSatisfying(
              KvException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.INTERRUPTED);
                assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
              });
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aBlockingCallInACallbackIsRefusedAndNotSent() {
    try (FakeCluster cluster = new FakeCluster().learned()) {
      CompletableFuture<Void> isAttached = new CompletableFuture<>();
      cluster.leader.behaviour =
          request -> {
            isAttached.join();
            return cluster.leader.answer(request);
          };
      CompletableFuture<PutResult> nested =
          put(cluster).thenApply(result -> cluster.client.put("nested", "v"));
      isAttached.complete(null);

      assertThatThrownBy(nested::get).cause().isInstanceOf(IllegalStateException.class);
      // What was sent before this would have arrived before it.
      cluster.client.get("k");
      assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
    }
  }

  @Test
  void aNameThatCannotBeResolvedIsUnreachable() {
    try (KvClient client =
        KvClient.connect(ClientOptions.of("no%such:1").withTimeout(Duration.ofSeconds(2)))) {
      assertThatThrownBy(() -> client.put("k", "v"))
          .isInstanceOfSatisfying(
              KvException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
              });
    }
  }

  @Test
  void noServerAtAllFailsAtTheDeadlineAndWasNotApplied() {
    // Port 1 of loopback: nobody listens there. The time is enough for a busy machine to find out.
    try (KvClient client =
        KvClient.connect(ClientOptions.of("127.0.0.1:1").withTimeout(Duration.ofSeconds(2)))) {
      assertThatThrownBy(() -> client.put("k", "v"))
          .isInstanceOfSatisfying(
              KvException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(e.getMessage()).contains("put at 127.0.0.1:1: cannot connect");
              });
    }
  }

  private static CompletableFuture<PutResult> put(FakeCluster cluster) {
    return cluster.client.putAsync(KEY, ByteSequence.of("v"), PutOptions.DEFAULT);
  }
}
