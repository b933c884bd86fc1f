package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.assertRefused;
import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.HashRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Admission, deadlines and the end of calls. */
final class CallsTest {
  private final ServiceHarness harness =
      new ServiceHarness(ServiceLimits.DEFAULT.withInFlight(2, 1 << 20));
  private final Admission admission = harness.context.calls().admission();

  @AfterEach
  void close() {
    harness.close();
  }

  private ListenableFuture<PutResponse> putLater(String key) {
    return harness.kvLater.put(putRequest(key, "v").build());
  }

  private static ServiceHarness.Failure failureOf(ListenableFuture<?> future) {
    ExecutionException failure = catchThrowableOfType(ExecutionException.class, future::get);
    assertThat(failure).isNotNull();
    return ServiceHarness.failure((StatusRuntimeException) failure.getCause());
  }

  @Test
  void admissionIsReleasedOnceAfterSuccessAndAfterFailure() {
    harness.put("a", "1");
    harness.assertNothingInFlight();
    assertRefused(
        () -> harness.kv.put(putRequest("a", "2").setIfAbsent(true).build()),
        Reason.CONDITION_FAILED,
        "not_applied");
    assertRefused(() -> harness.put("", "2"), Reason.KEY_EMPTY, "not_applied");
    harness.assertNothingInFlight();
    assertThat(harness.finished)
        .containsExactly("KV.Put OK", "KV.Put CONDITION_FAILED", "KV.Put KEY_EMPTY");
  }

  @Test
  void requestBeyondTheBoundIsRefusedAndOneThatFollowsAnEndIsNot() {
    harness.consensus.isHolding = true;
    ListenableFuture<PutResponse> first = putLater("a");
    ListenableFuture<PutResponse> second = putLater("b");
    var failure = assertRefused(() -> harness.put("c", "v"), Reason.QUEUE_FULL, "not_applied");
    assertThat(failure.retry()).isPresent();
    assertThat(harness.consensus.proposals()).isEqualTo(2);

    harness.consensus.release();

    assertThat(first).isDone();
    assertThat(second).isDone();
    harness.put("c", "v");
    harness.assertNothingInFlight();
  }

  @Test
  void bytesAreBoundedToo() {
    harness.consensus.isHolding = true;
    PutRequest half = putRequest("a", "").setValue(bytes(600 << 10)).build();
    ListenableFuture<PutResponse> first = harness.kvLater.put(half);
    assertRefused(() -> harness.kv.put(half), Reason.QUEUE_FULL, "not_applied");
    assertThat(admission.count()).isEqualTo(1);
    harness.consensus.release();
    assertThat(first).isDone();
    harness.assertNothingInFlight();
  }

  @Test
  void cancelledWriteHoldsItsAdmissionUntilItsWorkIsOver() {
    harness.consensus.isHolding = true;
    ListenableFuture<PutResponse> write = putLater("a");
    write.cancel(true);
    assertThat(admission.count()).isEqualTo(1);
    assertThat(harness.finished).containsExactly("KV.Put CANCELLED");

    harness.consensus.release();

    harness.assertNothingInFlight();
    assertThat(harness.finished).containsExactly("KV.Put CANCELLED");
    assertThat(harness.get("a")).contains("v");
  }

  @Test
  void cancelledWaitForARevisionIsGivenUp() {
    GetRequest request =
        GetRequest.newBuilder()
            .setKey(bytes("a"))
            .setRead(ReadOptions.newBuilder().setMinRevision(Long.MAX_VALUE))
            .build();
    var waiting = harness.kvLater.get(request);
    assertThat(admission.count()).isEqualTo(1);
    waiting.cancel(true);
    harness.assertNothingInFlight();
  }

  @Test
  void writeWithoutADeadlineTimesOutWithUnknownOutcome() {
    harness.consensus.isHolding = true;
    ListenableFuture<PutResponse> write = putLater("a");
    harness.clock.advance(ServiceLimits.DEFAULT.deadlineDefault().minusNanos(1));
    harness.context.calls().expire();
    assertThat(write.isDone()).isFalse();
    harness.clock.advance(Duration.ofNanos(1));
    harness.context.calls().expire();

    var failure = failureOf(write);
    assertThat(failure.info().getReason()).isEqualTo("TIMEOUT");
    assertThat(failure.metadata("outcome")).isEqualTo("unknown");
    assertThat(failure.status().getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(admission.count()).isEqualTo(1);
    harness.consensus.release();
    harness.assertNothingInFlight();
    assertThat(harness.finished).containsExactly("KV.Put TIMEOUT");
  }

  @Test
  void readThatTimesOutLeavesNothingUnknownAndNothingBehind() {
    GetRequest request =
        GetRequest.newBuilder()
            .setKey(bytes("a"))
            .setRead(ReadOptions.newBuilder().setMinRevision(5))
            .build();
    var waiting = harness.kvLater.get(request);
    harness.clock.advance(Duration.ofSeconds(10));
    harness.context.calls().expire();
    var failure = failureOf(waiting);
    assertThat(failure.info().getReason()).isEqualTo("TIMEOUT");
    assertThat(failure.metadata("outcome")).isEqualTo("read");
    harness.assertNothingInFlight();
  }

  @Test
  void drainingMemberRefusesNewRequestsAndFinishesOldOnes() throws Exception {
    harness.consensus.isHolding = true;
    ListenableFuture<PutResponse> before = putLater("a");
    harness.context.calls().drain();
    assertRefused(() -> harness.put("b", "v"), Reason.SHUTTING_DOWN, "not_applied");
    harness.consensus.release();
    assertThat(before.get().getModRevision()).isEqualTo(1);
  }

  @Test
  void whatIsStillUnderWayAtTheEndIsAnswered() {
    harness.consensus.isHolding = true;
    ListenableFuture<PutResponse> write = putLater("a");
    harness.context.calls().endAll();
    assertThat(failureOf(write).metadata("outcome")).isEqualTo("unknown");
  }

  @Test
  void walksBeyondTheQueueAreRefused() throws Exception {
    try (Walkers walkers = new Walkers("test", 1, 1)) {
      var began = new java.util.concurrent.CountDownLatch(1);
      var go = new java.util.concurrent.CountDownLatch(1);
      Call<GetRequest> call = idleCall();
      var running =
          walkers.run(
              call,
              () -> {
                began.countDown();
                awaitUninterruptibly(go);
                return 1;
              });
      began.await();
      var queued = walkers.run(call, () -> 2);
      var refused = walkers.run(call, () -> 3);
      assertThat(refused).isCompletedExceptionally();
      assertThat(refused.handle((value, failure) -> Errors.refusal(failure, false).reason()))
          .isCompletedWithValue(Reason.QUEUE_FULL);
      go.countDown();
      assertThat(running.get()).isEqualTo(1);
      assertThat(queued.get()).isEqualTo(2);
    }
  }

  private Call<GetRequest> idleCall() {
    Admission roomy = new Admission(10, 1 << 20);
    return new Call<>(
        Method.RANGE,
        Reply.unary(new SilentObserver<>()),
        new Caller(roomy, roomy, null),
        new Errors(harness.context.headers()),
        Long.MAX_VALUE,
        new Calls.Listener() {
          @Override
          public void ended(Call<?> call, String reason) {}

          @Override
          public void over(Call<?> call) {}
        });
  }

  private static void awaitUninterruptibly(java.util.concurrent.CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void hashesAreEqualOnMembersWithEqualContent() {
    harness.put("a", "1");
    harness.put("b", "2");
    try (ServiceHarness other = new ServiceHarness()) {
      other.put("a", "1");
      other.put("b", "2");
      other.put("b", "3");
      HashRequest at = HashRequest.newBuilder().setAtRevision(2).build();
      var here = harness.maintenance.hash(HashRequest.getDefaultInstance());
      var there = other.maintenance.hash(at);
      assertThat(here.getHash()).isEqualTo(there.getHash());
      assertThat(here.getAtRevision()).isEqualTo(2);
      assertThat(there.getKeys()).isEqualTo(2);
      assertThat(other.maintenance.hash(HashRequest.getDefaultInstance()).getHash())
          .isNotEqualTo(there.getHash());
    }
  }
}
