package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.ReadOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bytes, headers and deadlines that no well-behaved client sends, over loopback. */
final class WireInputTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MUTANTS = 20_000;
  private static final int STREAMS = 10_000;

  private final ServiceHarness harness = new ServiceHarness();
  private final ClientServer server = open();
  private final ManagedChannel channel =
      NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();

  private ClientServer open() {
    try {
      return ClientServer.open(
          harness.context,
          ConnectionLimits.DEFAULT,
          false,
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void close() throws InterruptedException {
    harness.consensus.release();
    channel.shutdownNow();
    channel.awaitTermination(10, TimeUnit.SECONDS);
    server.close();
    harness.close();
  }

  private static MethodDescriptor<byte[], byte[]> raw(MethodDescriptor<?, ?> method) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(method.getFullMethodName())
        .setRequestMarshaller(BYTES)
        .setResponseMarshaller(BYTES)
        .build();
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
            throw new UncheckedIOException(e);
          }
        }
      };

  private Status.Code send(MethodDescriptor<?, ?> method, byte[] request) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS);
    try {
      var unused = ClientCalls.blockingUnaryCall(channel, raw(method), options, request);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private void assertServes() {
    assertThat(KVGrpc.newBlockingStub(channel).put(putRequest("alive", "1").build()))
        .isNotEqualTo(PutResponse.getDefaultInstance());
    await().atMost(PATIENCE).until(() -> server.requestsInFlight() == 0);
  }

  @Test
  void mutantsOfRequestsAreAnsweredAndNeverADefect() {
    Random random = new Random(20_251);
    List<MethodDescriptor<?, ?>> methods =
        List.of(
            KVGrpc.getPutMethod(),
            KVGrpc.getDeleteMethod(),
            KVGrpc.getRangeMethod(),
            KVGrpc.getGetMethod());
    List<byte[]> originals =
        List.of(
            putRequest("key", "value").setIfAbsent(true).build().toByteArray(),
            DeleteRequest.newBuilder().setPrefix(bytes("k")).setLimit(3).build().toByteArray(),
            RangeRequest.newBuilder().setStart(bytes("a")).setLimit(9).build().toByteArray(),
            GetRequest.newBuilder()
                .setKey(bytes("key"))
                .setRead(ReadOptions.newBuilder().setAtRevision(1))
                .build()
                .toByteArray());
    for (int i = 0; i < MUTANTS; i++) {
      int method = random.nextInt(methods.size());
      byte[] mutant = mutant(originals.get(random.nextInt(originals.size())), random);
      assertThat(send(methods.get(method), mutant))
          .as("%s of %s", methods.get(method).getFullMethodName(), Arrays.toString(mutant))
          .isNotIn(Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.UNAVAILABLE);
    }
    assertServes();
  }

  /** Truncated, with some bytes changed, or nothing but noise. */
  private static byte[] mutant(byte[] original, Random random) {
    byte[] mutant = Arrays.copyOf(original, random.nextInt(original.length + 4));
    for (int i = random.nextInt(4); i > 0 && mutant.length > 0; i--) {
      mutant[random.nextInt(mutant.length)] = (byte) random.nextInt();
    }
    if (random.nextInt(5) == 0) {
      random.nextBytes(mutant);
    }
    return mutant;
  }

  @Test
  void deepNestingIsAnInvalidArgument() {
    int depth = 10_000;
    byte[] groups = new byte[2 * depth];
    Arrays.fill(groups, 0, depth, (byte) (11 << 3 | 3));
    Arrays.fill(groups, depth, 2 * depth, (byte) (11 << 3 | 4));
    assertThat(send(KVGrpc.getPutMethod(), groups)).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertServes();
  }

  @Test
  void tooMuchMetadataNeverReachesAService() {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("x", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(64 << 10));
    KVGrpc.KVBlockingStub stub =
        KVGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));

    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> stub.put(putRequest("a", "1").build()));

    assertThat(refused).isNotNull();
    assertThat(harness.consensus.proposals()).isZero();
    assertServes();
  }

  @Test
  void putWhoseDeadlineHasPassedOnArrivalIsNotProposed() {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), "1n");
    KVGrpc.KVBlockingStub stub =
        KVGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));

    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> stub.put(putRequest("a", "1").build()));

    assertThat(refused.getStatus().getCode())
        .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED);
    assertThat(harness.consensus.proposals()).isZero();
    assertServes();
  }

  @Test
  void putThatOutlivesItsDeadlineLeavesNothingBehind() {
    harness.consensus.isHolding = true;
    StatusRuntimeException late =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                KVGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(1, TimeUnit.MILLISECONDS)
                    .put(putRequest("a", "1").build()));
    assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    harness.consensus.release();
    assertServes();
  }

  @Test
  void streamsBeyondTheBoundOfAConnectionWaitTheirTurn() throws Exception {
    harness.consensus.isHolding = true;
    int bound = ConnectionLimits.DEFAULT.callsPerConnectionMax();
    List<ListenableFuture<PutResponse>> puts = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      puts.add(KVGrpc.newFutureStub(channel).put(putRequest("k" + i, "v").build()));
    }
    await().atMost(PATIENCE).until(() -> server.requestsInFlight() == bound);
    assertThat(harness.consensus.proposals()).isEqualTo(bound);

    harness.consensus.release();

    for (ListenableFuture<PutResponse> put : puts) {
      assertThat(put.get(60, TimeUnit.SECONDS).getModRevision()).isPositive();
    }
    assertServes();
  }
}
