package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberRole;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The real server, over loopback. */
final class ClientServerTest {
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final ServiceHarness harness = new ServiceHarness();
  private ClientServer server = open(0);
  private ManagedChannel channel = connect();

  private ClientServer open(int port) {
    try {
      return ClientServer.open(
          harness.context,
          ConnectionLimits.DEFAULT,
          true,
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private ManagedChannel connect() {
    return NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  @BeforeEach
  void serve() {
    var unused = KVGrpc.newBlockingStub(channel).put(putRequest("a", "1").build());
  }

  @AfterEach
  void close() throws InterruptedException {
    channel.shutdownNow();
    channel.awaitTermination(10, TimeUnit.SECONDS);
    server.close();
    harness.close();
  }

  @Test
  void requestsAreAnsweredOverTheNetwork() {
    var response =
        KVGrpc.newBlockingStub(channel).get(GetRequest.newBuilder().setKey(bytes("a")).build());
    assertThat(response.getKv().getValue()).isEqualTo(bytes("1"));
    assertThat(server.requestsInFlight()).isZero();
    assertThat(server.bytesInFlight()).isZero();
  }

  @Test
  void reflectionListsTheServicesAndNoPeerService() throws Exception {
    var services =
        reflect(ServerReflectionRequest.newBuilder().setListServices("").build())
            .getListServicesResponse()
            .getServiceList();
    assertThat(services)
        .extracting(ServiceResponse::getName)
        .containsExactlyInAnyOrder(
            "raftkv.v1.KV",
            "raftkv.v1.text.KV",
            "raftkv.v1.Session",
            "raftkv.v1.Cluster",
            "raftkv.v1.Maintenance",
            "raftkv.v1.Pipeline",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection");
  }

  @Test
  void reflectionKnowsTheDetailsOfErrors() throws Exception {
    var answer =
        reflect(
            ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("google.rpc.ErrorInfo")
                .build());
    assertThat(answer.getFileDescriptorResponse().getFileDescriptorProtoList()).isNotEmpty();
  }

  private ServerReflectionResponse reflect(ServerReflectionRequest request) throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(request);
    ServerReflectionResponse response = answer.get(20, TimeUnit.SECONDS);
    requests.onCompleted();
    return response;
  }

  @Test
  void messageBeyondTheBoundNeverReachesAService() {
    int proposals = harness.consensus.proposals();
    assertThatThrownBy(
            () ->
                KVGrpc.newBlockingStub(channel)
                    .put(putRequest("k", "").setValue(bytes((4 << 20) + 1)).build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
    // Zeros compress to almost nothing; what counts is what comes out.
    assertThatThrownBy(
            () ->
                KVGrpc.newBlockingStub(channel)
                    .withCompression("gzip")
                    .put(putRequest("k", "").setValue(bytes(64 << 20)).build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
              assertThat(ServiceHarness.failure(e).info().getReason())
                  .isEqualTo("REQUEST_TOO_LARGE");
              assertThat(ServiceHarness.failure(e).metadata("outcome")).isEqualTo("not_applied");
            });
    assertThat(harness.consensus.proposals()).isEqualTo(proposals);
    serve();
  }

  @Test
  void bytesThatAreNoMessageAreAnInvalidArgument() {
    MethodDescriptor<byte[], byte[]> put =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(KVGrpc.getPutMethod().getFullMethodName())
            .setRequestMarshaller(BYTES)
            .setResponseMarshaller(BYTES)
            .build();
    for (byte[] bytes : new byte[][] {{10, 100, 1}, {-1, -1, -1, -1}, {11, 12, 13}}) {
      assertThatThrownBy(
              () -> ClientCalls.blockingUnaryCall(channel, put, CallOptions.DEFAULT, bytes))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> {
                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(ServiceHarness.failure(e).info().getReason())
                    .isEqualTo("MALFORMED_REQUEST");
                assertThat(ServiceHarness.failure(e).metadata("outcome")).isEqualTo("not_applied");
              });
    }
    serve();
  }

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        }
      };

  @Test
  void addressInUseIsOneClearLine() {
    InetSocketAddress taken =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    assertThatThrownBy(
            () -> ClientServer.open(harness.context, ConnectionLimits.DEFAULT, false, taken))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot listen on " + taken.getHostString() + ":" + server.port())
        .message()
        .contains("in use")
        .hasLineCount(1);
  }

  @Test
  void followerAsksTheLeaderForWhatOnlyTheLeaderKnows() {
    try (ServiceHarness follower = new ServiceHarness()) {
      follower.consensus.leader = SingleConsensus.OTHER;
      follower.otherAddress = "127.0.0.1:" + server.port();
      var response = follower.cluster.memberList(MemberListRequest.getDefaultInstance());
      // The leader here is the one that was asked, which has one entry that the learner lacks.
      assertThat(response.getMembers(2).getLag()).isEqualTo(1);
      assertThat(response.getHeader().getLeaderId()).isEqualTo(SingleConsensus.OTHER.value());
    }
  }

  @Test
  void followerThatCannotAskTheLeaderTellsWhatItKnows() {
    try (ServiceHarness follower = new ServiceHarness()) {
      follower.consensus.leader = SingleConsensus.OTHER;
      follower.otherAddress = "127.0.0.1:" + server.port();
      server.close();
      var response = follower.cluster.memberList(MemberListRequest.getDefaultInstance());
      assertThat(response.getMembersList()).hasSize(3);
      assertThat(response.getMembers(1).getRole()).isEqualTo(MemberRole.LEADER);
      assertThat(response.getMembers(1).getHealthy()).isTrue();
    }
  }

  @Test
  void membersThatTakeEachOtherForTheLeaderDoNotAskInTurn() {
    harness.consensus.leader = SingleConsensus.OTHER;
    harness.otherAddress = "127.0.0.1:" + server.port();
    var response = harness.cluster.memberList(MemberListRequest.getDefaultInstance());
    assertThat(response.getMembersList()).hasSize(3);
    assertThat(harness.finished)
        .filteredOn(call -> call.startsWith("Cluster"))
        .containsExactly("Cluster.MemberList OK", "Cluster.MemberList OK");
  }

  @Test
  void drainFinishesWhatIsUnderWay() throws Exception {
    harness.consensus.isHolding = true;
    var write = KVGrpc.newFutureStub(channel).put(putRequest("b", "2").build());
    while (server.requestsInFlight() == 0) {
      Thread.onSpinWait();
    }
    CompletableFuture<Void> drained = CompletableFuture.runAsync(() -> server.drain(GRACE));
    while (!harness.context.calls().isDraining()) {
      Thread.onSpinWait();
    }
    assertThat(drained).isNotDone();
    harness.consensus.release();
    assertThat(write.get(20, TimeUnit.SECONDS).getModRevision()).isEqualTo(2);
    drained.get(20, TimeUnit.SECONDS);
    assertThat(server.requestsInFlight()).isZero();
  }

  @Test
  void drainAnswersWhatDoesNotFinishInTime() throws Exception {
    harness.consensus.isHolding = true;
    var write = KVGrpc.newFutureStub(channel).put(putRequest("b", "2").build());
    while (server.requestsInFlight() == 0) {
      Thread.onSpinWait();
    }
    server.drain(Duration.ZERO);
    assertThatThrownBy(() -> write.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StatusRuntimeException.class)
        .cause()
        .satisfies(
            e ->
                assertThat(ServiceHarness.failure((StatusRuntimeException) e).metadata("outcome"))
                    .isEqualTo("unknown"));
  }
}
