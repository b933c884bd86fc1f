package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PipelineGrpc;
import io.raftkv.proto.v1.PipelineRequest;
import io.raftkv.proto.v1.PipelineResponse;
import io.raftkv.proto.v1.RangeRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client that asks for much and reads nothing, over loopback. */
final class UnreadAnswersTest {
  private static final int VALUE_BYTES = 256 << 10;
  private static final long ANSWER_BYTES_MAX = 8 << 20;
  private static final Duration TAKEN_MAX = Duration.ofSeconds(30);
  private static final int CALLS = 200;

  private final ServiceHarness harness =
      new ServiceHarness(ServiceLimits.DEFAULT.withAnswers(ANSWER_BYTES_MAX, TAKEN_MAX));
  private final ClientServer server = open();
  private final ManagedChannel reader = connect();
  private final ManagedChannel silent = connect();

  private ClientServer open() {
    try {
      return ClientServer.open(
          harness.context,
          ConnectionLimits.DEFAULT,
          false,
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private ManagedChannel connect() {
    return NettyChannelBuilder.forAddress("127.0.0.1", server.port())
        .flowControlWindow(1 << 16)
        .usePlaintext()
        .build();
  }

  @AfterEach
  void close() throws InterruptedException {
    for (ManagedChannel channel : List.of(reader, silent)) {
      channel.shutdownNow();
      channel.awaitTermination(10, TimeUnit.SECONDS);
    }
    server.close();
    harness.close();
  }

  /** Sends a request and takes nothing of the answer. */
  private <Q, R> void ask(MethodDescriptor<Q, R> method, Q request) {
    ClientCall<Q, R> call = silent.newCall(method, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage(request);
    call.halfClose();
  }

  private void put(String key) {
    var unused =
        KVGrpc.newBlockingStub(reader)
            .put(putRequest(key, "").setValue(bytes(VALUE_BYTES)).build());
  }

  private void awaitWork(String method, int count) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                List.copyOf(harness.finished).stream().filter(f -> f.startsWith(method)).count()
                    >= count);
  }

  private void assertHeldAnswersAreBoundedAndOthersAreServed() {
    long share = ANSWER_BYTES_MAX / ServiceLimits.DEFAULT.connectionParts();
    assertThat(server.answerBytes()).isBetween(1L, share);
    var found =
        KVGrpc.newBlockingStub(reader).get(GetRequest.newBuilder().setKey(bytes("a")).build());
    assertThat(found.getKv().getValue().size()).isEqualTo(VALUE_BYTES);
  }

  @Test
  void answersOfGetsThatNobodyReadsAreBounded() {
    put("a");
    for (int i = 0; i < CALLS; i++) {
      ask(KVGrpc.getGetMethod(), GetRequest.newBuilder().setKey(bytes("a")).build());
    }
    awaitWork("KV.Get", CALLS);
    assertThat(harness.finished).contains("KV.Get OK", "KV.Get QUEUE_FULL");
    assertHeldAnswersAreBoundedAndOthersAreServed();
  }

  @Test
  void answersOfAPipelineThatNobodyReadsAreBounded() {
    put("a");
    ClientCall<PipelineRequest, PipelineResponse> call =
        silent.newCall(PipelineGrpc.getOpenMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    for (int i = 0; i < CALLS; i++) {
      call.sendMessage(
          PipelineRequest.newBuilder()
              .addCalls(
                  PipelineCall.newBuilder()
                      .setId(i)
                      .setGet(GetRequest.newBuilder().setKey(bytes("a"))))
              .build());
    }
    awaitWork("KV.Get", CALLS);
    assertThat(harness.finished).contains("KV.Get OK", "KV.Get QUEUE_FULL");
    assertHeldAnswersAreBoundedAndOthersAreServed();
  }

  @Test
  void pagesThatNobodyReadsAreBounded() {
    put("a");
    put("b");
    for (int i = 0; i < CALLS; i++) {
      ask(KVGrpc.getRangeMethod(), RangeRequest.getDefaultInstance());
    }
    awaitWork("KV.Range", CALLS);
    assertThat(harness.finished).contains("KV.Range OK", "KV.Range QUEUE_FULL");
    assertHeldAnswersAreBoundedAndOthersAreServed();
  }

  @Test
  void previousValuesThatNobodyReadsAreBounded() {
    put("a");
    for (int i = 0; i < CALLS; i++) {
      put("k" + i);
    }
    int proposals = harness.consensus.proposals();
    for (int i = 0; i < CALLS; i++) {
      ask(
          KVGrpc.getDeleteMethod(),
          DeleteRequest.newBuilder().setKey(bytes("k" + i)).setReturnPrevious(true).build());
    }
    awaitWork("KV.Delete", CALLS);
    long refused =
        harness.finished.stream().filter(call -> call.equals("KV.Delete QUEUE_FULL")).count();
    assertThat(refused).isPositive();
    // Refused means not applied.
    assertThat(harness.consensus.proposals()).isEqualTo(proposals + CALLS - (int) refused);
    assertHeldAnswersAreBoundedAndOthersAreServed();
  }

  @Test
  void streamWhoseAnswerIsNotTakenInTimeIsReset() {
    put("a");
    for (int i = 0; i < CALLS; i++) {
      ask(KVGrpc.getGetMethod(), GetRequest.newBuilder().setKey(bytes("a")).build());
    }
    awaitWork("KV.Get", CALLS);
    assertThat(server.answerBytes()).isPositive();

    harness.clock.advance(TAKEN_MAX);

    await().atMost(Duration.ofSeconds(60)).until(() -> server.answerBytes() == 0);
  }
}
