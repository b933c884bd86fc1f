package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.Endpoint;
import io.raftkv.client.GetOptions;
import io.raftkv.proto.peer.v1.RaftGrpc;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PutRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever arrives on its sockets, a member says what is wrong, or hangs up, and goes on. */
final class WrongInputIT {
  private static final int BYTES_MAX = 4 << 20;

  @TempDir static Path folder;
  private static KvdCluster cluster;
  private static ManagedChannel channel;

  @BeforeAll
  static void startOneMember() {
    cluster = new KvdCluster(folder, 1).start();
    Endpoint endpoint = cluster.endpoint(0);
    channel =
        NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port()).usePlaintext().build();
    cluster.client().put("before", "value");
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    cluster.close();
  }

  @AfterEach
  void theMemberServesAsBefore() {
    assertThat(cluster.process(0).isAlive()).isTrue();
    assertThat(cluster.client().get("before").value()).contains(ByteSequence.of("value"));
    assertThat(cluster.client().put("after", "value").modRevision()).isPositive();
    assertThat(cluster.process(0).stderrText()).doesNotContain("ERROR");
  }

  private static Status.Code refusal(Runnable call) {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(refused).isNotNull();
    return refused.getStatus().getCode();
  }

  private static KVGrpc.KVBlockingStub stub() {
    return KVGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  @Test
  void emptyAndTooLargeKeysAndValuesAreInvalid() {
    ByteString key = ByteString.copyFromUtf8("k");
    List<PutRequest> requests =
        List.of(
            PutRequest.getDefaultInstance(),
            PutRequest.newBuilder().setKey(ByteString.copyFrom(new byte[4097])).build(),
            PutRequest.newBuilder()
                .setKey(key)
                .setValue(ByteString.copyFrom(new byte[(1 << 20) + 1]))
                .build());

    for (PutRequest request : requests) {
      assertThat(refusal(() -> stub().put(request))).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void aMessageBeyondTheLimitIsRefusedAlsoIfItWasCompressed() {
    PutRequest huge =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("k"))
            .setValue(ByteString.copyFrom(new byte[16 * BYTES_MAX]))
            .build();

    assertThat(refusal(() -> stub().put(huge))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refusal(() -> stub().withCompression("gzip").put(huge)))
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void unknownMethodsAndThePeerServiceAreNotThere() {
    List<String> methods =
        List.of("raftkv.v1.KV/Gett", RaftGrpc.SERVICE_NAME + "/AppendEntries", "grpc.channelz/Get");
    for (String name : methods) {
      MethodDescriptor<GetRequest, GetResponse> method =
          MethodDescriptor.<GetRequest, GetResponse>newBuilder()
              .setType(MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(name)
              .setRequestMarshaller(ProtoUtils.marshaller(GetRequest.getDefaultInstance()))
              .setResponseMarshaller(ProtoUtils.marshaller(GetResponse.getDefaultInstance()))
              .build();
      CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);

      Status.Code code =
          refusal(
              () ->
                  ClientCalls.blockingUnaryCall(
                      channel, method, options, GetRequest.getDefaultInstance()));

      assertThat(code).as(name).isEqualTo(Status.Code.UNIMPLEMENTED);
    }
  }

  @Test
  void keysWithAnyBytesComeBackAsTheyWere() {
    byte[] strange = "\u0000\r\n\u001b[31m../../etc/passwd".getBytes(StandardCharsets.UTF_8);
    byte[] notText = {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xc0};
    for (byte[] bytes : List.of(strange, notText)) {
      ByteSequence key = ByteSequence.of(bytes);

      cluster.client().put(key, key);

      assertThat(cluster.client().get(key, GetOptions.DEFAULT).value()).contains(key);
    }
  }

  @Test
  void whatIsNotGrpcIsDisconnectedOnEveryPort() throws IOException {
    byte[] noise = new byte[2_000];
    new Random(1).nextBytes(noise);
    byte[] http = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] tls = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};

    for (int port : List.of(cluster.endpoint(0).port(), cluster.peerPort(0))) {
      for (byte[] bytes : List.of(noise, http, tls)) {
        assertThat(isDisconnected(port, bytes)).as("port %d", port).isTrue();
      }
    }
  }

  /** Sends the bytes and reads until the member hangs up; false if it does not within 30 s. */
  private static boolean isDisconnected(int port, byte[] bytes) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(30_000);
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
      InputStream in = socket.getInputStream();
      in.transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      // Reset: it hung up with our bytes unread.
      return true;
    }
  }

  @Test
  void connectionsThatSayNothingDoNotKeepOthersOut() throws IOException {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 500; i++) {
        silent.add(new Socket("127.0.0.1", cluster.endpoint(0).port()));
      }

      assertThat(cluster.client().put("beside", "them").modRevision()).isPositive();
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }
}
