package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PipelineGrpc;
import io.raftkv.proto.v1.PipelineRequest;
import io.raftkv.proto.v1.PipelineResponse;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pipeline has the checks, limits, errors and guarantees of the unary calls. */
final class PipelineServiceTest {
  private final ServiceHarness harness =
      new ServiceHarness(ServiceLimits.DEFAULT.withInFlight(4, 1 << 20));
  private final Client client = new Client();

  @AfterEach
  void close() {
    harness.close();
  }

  /** One stream, and what came back on it. */
  private final class Client implements ClientResponseObserver<PipelineRequest, PipelineResponse> {
    final Map<Long, PipelineAnswer> answers = new TreeMap<>();
    final List<PipelineResponse> messages = new ArrayList<>();
    final ClientCallStreamObserver<PipelineRequest> requests;
    boolean isCompleted;
    StatusRuntimeException failure;

    /** Asks for what comes in only when told to. */
    boolean isReading = true;

    Client() {
      requests =
          (ClientCallStreamObserver<PipelineRequest>)
              PipelineGrpc.newStub(harness.channel).open(this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<PipelineRequest> stream) {
      stream.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(PipelineResponse message) {
      messages.add(message);
      for (PipelineAnswer answer : message.getAnswersList()) {
        assertThat(answers.put(answer.getId(), answer))
            .as("answers of %d", answer.getId())
            .isNull();
      }
      if (isReading) {
        requests.request(1);
      }
    }

    @Override
    public void onError(Throwable ended) {
      failure = (StatusRuntimeException) ended;
    }

    @Override
    public void onCompleted() {
      isCompleted = true;
    }

    void send(PipelineCall.Builder... calls) {
      PipelineRequest.Builder request = PipelineRequest.newBuilder();
      for (PipelineCall.Builder call : calls) {
        request.addCalls(call);
      }
      requests.onNext(request.build());
    }

    PipelineAnswer answer(long id) {
      PipelineAnswer answer = answers.get(id);
      assertThat(answer).as("answer of %d", id).isNotNull();
      return answer;
    }

    ServiceHarness.Failure error(long id) {
      return ServiceHarness.failure(StatusProto.toStatusRuntimeException(answer(id).getError()));
    }

    String reason(long id) {
      return error(id).info().getReason();
    }
  }

  private static PipelineCall.Builder get(long id, String key) {
    return PipelineCall.newBuilder().setId(id).setGet(GetRequest.newBuilder().setKey(bytes(key)));
  }

  private static PipelineCall.Builder put(long id, String key, String value) {
    return PipelineCall.newBuilder().setId(id).setPut(putRequest(key, value));
  }

  private static PipelineCall.Builder delete(long id, String key) {
    return PipelineCall.newBuilder()
        .setId(id)
        .setDelete(DeleteRequest.newBuilder().setKey(bytes(key)).setReturnPrevious(true));
  }

  @Test
  void callsOfOneMessageAreEachAnsweredAsTheUnaryMethodAnswers() {
    client.send(put(7, "a", "1"), put(8, "b", "2"));
    client.send(get(1, "a"), get(2, "none"), delete(3, "b"));

    assertThat(client.answer(7).getPut().getModRevision()).isEqualTo(1);
    assertThat(client.answer(8).getPut().getModRevision()).isEqualTo(2);
    assertThat(client.answer(1).getGet())
        .isEqualTo(
            harness.kv.get(GetRequest.newBuilder().setKey(bytes("a")).build()).toBuilder()
                .setHeader(client.answer(1).getGet().getHeader())
                .build());
    assertThat(client.answer(2).getGet().hasKv()).isFalse();
    assertThat(client.answer(3).getDelete().getPrevious(0).getValue()).isEqualTo(bytes("2"));
    harness.assertNothingInFlight();
    assertThat(harness.finished).contains("KV.Put OK", "KV.Get OK", "KV.Delete OK");
  }

  @Test
  void errorsAreThoseOfTheUnaryMethodToTheByte() {
    harness.put("a", "1");
    PutRequest refused = putRequest("a", "2").setIfAbsent(true).build();
    StatusRuntimeException unary =
        catchThrowableOfType(StatusRuntimeException.class, () -> harness.kv.put(refused));

    client.send(PipelineCall.newBuilder().setId(1).setPut(refused), put(2, "", "x"), get(3, "a"));

    assertThat(client.answer(1).getError()).isEqualTo(StatusProto.fromThrowable(unary));
    assertThat(client.reason(2)).isEqualTo("KEY_EMPTY");
    assertThat(client.answer(3).hasGet()).isTrue();
    harness.assertNothingInFlight();
  }

  @Test
  void callWithoutARequestIsRefusedAndTheOthersAreNot() {
    client.send(PipelineCall.newBuilder().setId(1), put(2, "a", "1"));

    assertThat(client.reason(1)).isEqualTo("MALFORMED_REQUEST");
    assertThat(client.error(1).metadata("outcome")).isEqualTo("not_applied");
    assertThat(client.answer(2).hasPut()).isTrue();
  }

  @Test
  void messageOfTooManyCallsEndsTheStreamAndNoneIsCarriedOut() {
    PipelineCall.Builder[] calls =
        new PipelineCall.Builder[PipelineRequestMarshaller.CALLS_MAX + 1];
    for (int i = 0; i < calls.length; i++) {
      calls[i] = put(i, "k" + i, "v");
    }
    harness.consensus.isHolding = true;
    client.send(put(1, "a", "1"));
    client.send(calls);

    var failure = ServiceHarness.failure(client.failure);
    assertThat(failure.info().getReason()).isEqualTo(Reason.MALFORMED_REQUEST.name());
    assertThat(harness.consensus.proposals()).isEqualTo(1);
    assertThat(harness.pipelines.streams()).isZero();
    harness.consensus.release();
    harness.assertNothingInFlight();
    assertThat(harness.context.calls().answers().count()).isZero();
  }

  @Test
  void callsBeyondTheBoundAreRefused() {
    harness.consensus.isHolding = true;
    client.send(put(1, "a", ""), put(2, "b", ""), put(3, "c", ""), put(4, "d", ""));
    client.send(put(5, "e", ""));

    assertThat(client.reason(5)).isEqualTo("QUEUE_FULL");
    assertThat(client.error(5).metadata("outcome")).isEqualTo("not_applied");
    harness.consensus.release();
    assertThat(client.answers).containsOnlyKeys(1L, 2L, 3L, 4L, 5L);
    assertThat(client.answer(4).hasPut()).isTrue();
    harness.assertNothingInFlight();
  }

  @Test
  void getsOfOneMessageAreConfirmedTogether() {
    harness.put("a", "1");
    int barriers = harness.consensus.barriers();
    client.send(get(1, "a"), get(2, "a"), get(3, "a"));
    client.send(get(4, "a"));

    assertThat(harness.consensus.barriers()).isEqualTo(barriers + 2);
    assertThat(client.answers).containsOnlyKeys(1L, 2L, 3L, 4L);
  }

  @Test
  void callWhoseTimeIsUpIsAnsweredAndItsOutcomeUnknown() {
    harness.consensus.isHolding = true;
    client.send(put(1, "a", "1").setTimeoutMillis(50), put(2, "b", "2"));
    harness.clock.advance(Duration.ofMillis(50));
    harness.context.calls().expire();

    assertThat(client.reason(1)).isEqualTo("TIMEOUT");
    assertThat(client.error(1).metadata("outcome")).isEqualTo("unknown");
    assertThat(client.answers).doesNotContainKey(2L);
    harness.consensus.release();
    assertThat(client.answer(2).hasPut()).isTrue();
    harness.assertNothingInFlight();
  }

  @Test
  void halfClosedStreamEndsOnceEveryCallIsAnswered() {
    harness.consensus.isHolding = true;
    client.send(put(1, "a", "1"));
    client.requests.onCompleted();
    assertThat(client.isCompleted).isFalse();

    harness.consensus.release();

    assertThat(client.answer(1).hasPut()).isTrue();
    assertThat(client.isCompleted).isTrue();
  }

  @Test
  void clientThatGoesLeavesNothingBehind() {
    client.send(
        PipelineCall.newBuilder()
            .setId(2)
            .setGet(
                GetRequest.newBuilder()
                    .setKey(bytes("a"))
                    .setRead(ReadOptions.newBuilder().setMinRevision(Long.MAX_VALUE))));
    harness.consensus.isHolding = true;
    client.send(put(1, "a", "1"));
    client.requests.cancel("gone", null);

    // The wait is given up at once; the write is under way still.
    assertThat(harness.context.calls().admission().count()).isEqualTo(1);
    assertThat(harness.finished).containsOnly("KV.Put CANCELLED", "KV.Get CANCELLED");
    harness.consensus.release();
    harness.assertNothingInFlight();
    assertThat(harness.context.calls().answers().count()).isZero();
    assertThat(harness.pipelines.streams()).isZero();
    assertThat(harness.get("a")).contains("1");
  }

  @Test
  void answersWaitForAClientThatDoesNotReadAndHoldTheirPartOfTheBudget() {
    client.isReading = false;
    client.send(put(1, "a", "1"));
    client.send(put(2, "a", "2"));
    client.send(put(3, "a", "3"));
    assertThat(client.messages).hasSize(1);

    client.isReading = true;
    client.requests.request(1);

    assertThat(client.answers).containsOnlyKeys(1L, 2L, 3L);
    assertThat(harness.context.calls().answers().count()).isZero();
  }

  @Test
  void refusalsThatNobodyReadsAreBounded() {
    client.isReading = false;
    PipelineCall.Builder[] calls = new PipelineCall.Builder[PipelineRequestMarshaller.CALLS_MAX];
    int messages = 2 * PipelineAnswers.WAITING_MAX / calls.length;
    for (int message = 0; message < messages; message++) {
      for (int i = 0; i < calls.length; i++) {
        calls[i] = PipelineCall.newBuilder().setId((long) message * calls.length + i);
      }
      client.send(calls);
    }
    assertThat(harness.pipelines.answersWaiting())
        .isBetween(PipelineAnswers.WAITING_MAX, PipelineAnswers.WAITING_MAX + calls.length);

    client.isReading = true;
    client.requests.request(1);

    assertThat(client.answers).hasSize(messages * calls.length);
    assertThat(harness.pipelines.answersWaiting()).isZero();
  }

  @Test
  void drainingMemberRefusesEachCallAndKeepsTheStream() {
    harness.context.calls().drain();
    client.send(put(1, "a", "1"));

    assertThat(client.reason(1)).isEqualTo("SHUTTING_DOWN");
    assertThat(client.failure).isNull();
  }

  @Test
  void streamWithoutCallsIsEnded() {
    client.send(put(1, "a", "1"));
    harness.pipelines.expire(System.nanoTime() + Duration.ofMinutes(6).toNanos());

    assertThat(client.isCompleted).isTrue();
    assertThat(harness.pipelines.streams()).isZero();
  }

  @Test
  void bytesThatAreNoCallsEndTheStream() {
    assertThat(
            catchThrowableOfType(
                    StatusRuntimeException.class,
                    () ->
                        new PipelineRequestMarshaller()
                            .parse(new java.io.ByteArrayInputStream(new byte[] {10, 100, 1})))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.INTERNAL);
  }
}
