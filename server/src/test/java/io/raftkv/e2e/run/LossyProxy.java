package io.raftkv.e2e.run;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.raftkv.client.Endpoint;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PutResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Stands before one member, sends it every request, and a copy of it to any member, and drops some
 * of the answers: the client then sees a broken call, or now and then silence. Notices when the two
 * copies of a put are told different revisions.
 *
 * <p>Handlers run on network loops; the counters are for any thread.
 */
final class LossyProxy implements AutoCloseable {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES = new Bytes();
  private static final int SILENT_OF_DROPPED = 200;

  private final ManagedChannel member;
  private final List<ManagedChannel> all = new ArrayList<>();
  private final double dropped;
  private final Server server;
  private final AtomicLong copies = new AtomicLong();
  private final AtomicLong drops = new AtomicLong();
  private final AtomicLong differences = new AtomicLong();

  /** Guarded by itself. */
  private final SplittableRandom random;

  /**
   * @param number of the member in the list
   * @param dropped the part of the answers that is dropped, 0 to 1
   */
  LossyProxy(List<Endpoint> members, int number, double dropped, long seed) {
    members.forEach(endpoint -> all.add(channel(endpoint)));
    this.member = all.get(number);
    this.dropped = dropped;
    this.random = new SplittableRandom(seed);
    try {
      this.server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
              .directExecutor()
              .addService(pipelines(number))
              .fallbackHandlerRegistry(new AnyMethod())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private LossyPipelines pipelines(int number) {
    return new LossyPipelines(
        all,
        number,
        this::anyNumber,
        this::fate,
        call -> copies.incrementAndGet(),
        differences::incrementAndGet);
  }

  private LossyPipelines.Fate fate() {
    if (!chance(dropped)) {
      return LossyPipelines.Fate.PASSED_ON;
    }
    drops.incrementAndGet();
    return chance(1.0 / SILENT_OF_DROPPED)
        ? LossyPipelines.Fate.SILENCE
        : LossyPipelines.Fate.BROKEN;
  }

  private static ManagedChannel channel(Endpoint endpoint) {
    return NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
        .usePlaintext()
        .directExecutor()
        .build();
  }

  Endpoint endpoint() {
    return new Endpoint("127.0.0.1", server.getPort());
  }

  /** Requests that were sent a second time. */
  long copies() {
    return copies.get();
  }

  long drops() {
    return drops.get();
  }

  /** Puts of which the two copies were told different revisions. */
  long differences() {
    return differences.get();
  }

  @Override
  public void close() {
    server.shutdownNow();
    all.forEach(ManagedChannel::shutdownNow);
  }

  private boolean chance(double probability) {
    synchronized (random) {
      return random.nextDouble() < probability;
    }
  }

  private ManagedChannel any() {
    return all.get(anyNumber());
  }

  private int anyNumber() {
    synchronized (random) {
      return random.nextInt(all.size());
    }
  }

  /** Every method there is takes bytes and gives bytes. */
  private final class AnyMethod extends HandlerRegistry {
    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
      MethodDescriptor<byte[], byte[]> method =
          MethodDescriptor.newBuilder(BYTES, BYTES)
              .setType(MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(name)
              .build();
      return ServerMethodDefinition.create(
          method,
          (call, headers) -> {
            call.request(2);
            return new Handler(call);
          });
    }
  }

  private final class Handler extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private byte @Nullable [] request;

    Handler(ServerCall<byte[], byte[]> call) {
      this.call = call;
    }

    @Override
    public void onMessage(byte[] message) {
      request = message;
    }

    @Override
    public void onHalfClose() {
      if (request == null) {
        call.close(Status.INVALID_ARGUMENT.withDescription("no request"), new Metadata());
        return;
      }
      Pair pair = new Pair(call.getMethodDescriptor());
      send(member, request, new Answer(call, pair));
      copies.incrementAndGet();
      send(any(), request, pair);
    }

    private void send(ManagedChannel to, byte[] message, StreamObserver<byte[]> observer) {
      Deadline deadline = Context.current().getDeadline();
      // The copy must not end with its original.
      Context.ROOT.run(
          () ->
              ClientCalls.asyncUnaryCall(
                  to.newCall(
                      call.getMethodDescriptor(), CallOptions.DEFAULT.withDeadline(deadline)),
                  message,
                  observer));
    }
  }

  /** What the client gets of the answer to its request. */
  private final class Answer implements StreamObserver<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final Pair pair;

    Answer(ServerCall<byte[], byte[]> call, Pair pair) {
      this.call = call;
      this.pair = pair;
    }

    @Override
    public void onNext(byte[] answer) {
      pair.onNext(answer);
      if (chance(dropped)) {
        drops.incrementAndGet();
        if (!chance(1.0 / SILENT_OF_DROPPED)) {
          call.close(Status.UNAVAILABLE.withDescription("the answer was dropped"), new Metadata());
        }
        return;
      }
      call.sendHeaders(new Metadata());
      call.sendMessage(answer);
      call.close(Status.OK, new Metadata());
    }

    @Override
    public void onError(Throwable failure) {
      // A member that comes back is to be found at once.
      member.resetConnectBackoff();
      Metadata trailers =
          failure instanceof StatusRuntimeException told ? told.getTrailers() : null;
      call.close(Status.fromThrowable(failure), trailers == null ? new Metadata() : trailers);
    }

    @Override
    public void onCompleted() {}
  }

  /** Compares what the two copies of a put are told, if both are. */
  private final class Pair implements StreamObserver<byte[]> {
    private final boolean isPut;
    private byte @Nullable [] other;

    Pair(MethodDescriptor<byte[], byte[]> method) {
      this.isPut = method.getFullMethodName().equals(KVGrpc.getPutMethod().getFullMethodName());
    }

    @Override
    public synchronized void onNext(byte[] answer) {
      if (isPut && other != null && revision(other) != revision(answer)) {
        differences.incrementAndGet();
      }
      other = answer;
    }

    private static long revision(byte[] put) {
      try {
        return PutResponse.parseFrom(put).getModRevision();
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("an answer that is none", e);
      }
    }

    @Override
    public void onError(Throwable failure) {
      // A copy may fail as it likes: nobody waits for it.
      all.forEach(ManagedChannel::resetConnectBackoff);
    }

    @Override
    public void onCompleted() {}
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
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
  }
}
