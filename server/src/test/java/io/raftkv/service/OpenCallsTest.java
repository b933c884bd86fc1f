package io.raftkv.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.rpc.ErrorInfo;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.KVGrpc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Calls whose requests do not come. */
final class OpenCallsTest {
  private static final int CALLS_MAX = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** As a stream, for gRPC sends the headers of other calls together with the request. */
  private static final MethodDescriptor<GetRequest, GetResponse> GET =
      KVGrpc.getGetMethod().toBuilder().setType(MethodDescriptor.MethodType.BIDI_STREAMING).build();

  @Test
  void callsBeyondTheBoundAreRefusedAndRoomComesBackWithTheirEnd() throws Exception {
    ConnectionLimits limits =
        ConnectionLimits.DEFAULT.withCalls(CALLS_MAX, PATIENCE.multipliedBy(2));
    try (ServiceHarness harness = new ServiceHarness();
        ClientServer server =
            ClientServer.open(
                harness.context,
                limits,
                false,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
      BlockingQueue<com.google.rpc.Status> refused = new LinkedBlockingQueue<>();
      List<ClientCall<GetRequest, GetResponse>> open = new ArrayList<>();
      for (int i = 0; i < CALLS_MAX; i++) {
        open.add(call(channel, refused));
      }
      await().atMost(PATIENCE).until(() -> server.callsOpen() == CALLS_MAX);

      var unused = call(channel, refused);

      com.google.rpc.Status refusal = refused.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(refusal).isNotNull();
      assertThat(refusal.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
      ErrorInfo info = refusal.getDetails(0).unpack(ErrorInfo.class);
      assertThat(info.getReason()).isEqualTo("QUEUE_FULL");
      assertThat(info.getMetadataMap()).containsEntry("outcome", "not_applied");

      open.forEach(call -> call.cancel("given up", null));
      await().atMost(PATIENCE).until(() -> server.callsOpen() == 0);
      var answer = KVGrpc.newBlockingStub(channel).put(ServiceHarness.putRequest("a", "1").build());
      assertThat(answer.getModRevision()).isEqualTo(1);
      await().atMost(PATIENCE).until(() -> server.callsOpen() == 0);
      channel.shutdownNow();
      channel.awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aCallWhoseRequestDoesNotComeIsEnded() throws Exception {
    ConnectionLimits limits = ConnectionLimits.DEFAULT.withCalls(CALLS_MAX, Duration.ofMillis(200));
    try (ServiceHarness harness = new ServiceHarness();
        ClientServer server =
            ClientServer.open(
                harness.context,
                limits,
                false,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
      BlockingQueue<com.google.rpc.Status> refused = new LinkedBlockingQueue<>();

      ClientCall<GetRequest, GetResponse> late = call(channel, refused);

      com.google.rpc.Status refusal = refused.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(refusal).isNotNull();
      assertThat(refusal.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED.value());
      assertThat(refusal.getDetails(0).unpack(ErrorInfo.class).getMetadataMap())
          .containsEntry("outcome", "not_applied");
      late.sendMessage(GetRequest.getDefaultInstance());
      await().atMost(PATIENCE).until(() -> server.callsOpen() == 0);
      // One that has its request may take longer.
      harness.consensus.isHolding = true;
      var put = KVGrpc.newFutureStub(channel).put(ServiceHarness.putRequest("a", "1").build());
      await().atMost(PATIENCE).until(() -> server.requestsInFlight() == 1);
      var unused = call(channel, refused);
      assertThat(refused.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNotNull();
      harness.consensus.release();
      assertThat(put.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).getModRevision()).isEqualTo(1);
      channel.shutdownNow();
      channel.awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  /** Headers only. */
  private static ClientCall<GetRequest, GetResponse> call(
      ManagedChannel channel, BlockingQueue<com.google.rpc.Status> refused) {
    ClientCall<GetRequest, GetResponse> call = channel.newCall(GET, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            com.google.rpc.Status rich = StatusProto.fromStatusAndTrailers(status, trailers);
            if (rich != null) {
              refused.add(rich);
            }
          }
        },
        new Metadata());
    return call;
  }
}
