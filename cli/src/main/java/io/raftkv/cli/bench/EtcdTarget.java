package io.raftkv.cli.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.raftkv.cli.bench.etcd.KVGrpc;
import io.raftkv.cli.bench.etcd.KeyValue;
import io.raftkv.cli.bench.etcd.PutRequest;
import io.raftkv.cli.bench.etcd.RangeRequest;
import io.raftkv.cli.bench.etcd.RangeResponse;
import io.raftkv.client.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * etcd 3, as its own client does it: each request goes to the next member in turn. A get is
 * linearizable unless it is asked otherwise.
 */
public final class EtcdTarget implements BenchTarget {
  private static final int PAGE_ENTRIES = 1_000;
  private static final int MESSAGE_BYTES_MAX = 64 << 20;

  private final List<ManagedChannel> channels;
  private final long timeoutMillis;
  private final AtomicInteger turn = new AtomicInteger();

  public EtcdTarget(List<Endpoint> endpoints, Duration timeout) {
    timeoutMillis = timeout.toMillis();
    channels =
        endpoints.stream()
            .map(
                endpoint ->
                    NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                        .usePlaintext()
                        .directExecutor()
                        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                        .build())
            .toList();
  }

  @Override
  public CompletableFuture<?> put(byte[] key, byte[] value) {
    PutRequest request = PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value)).build();
    return call(KVGrpc.getPutMethod(), request);
  }

  @Override
  public CompletableFuture<?> get(byte[] key) {
    return call(KVGrpc.getRangeMethod(), RangeRequest.newBuilder().setKey(bytes(key)).build());
  }

  @Override
  public Scanned scan(byte[] prefix) {
    byte[] end = prefix.clone();
    end[end.length - 1]++;
    RangeRequest.Builder request =
        RangeRequest.newBuilder()
            .setKey(bytes(prefix))
            .setRangeEnd(bytes(end))
            .setLimit(PAGE_ENTRIES);
    long entries = 0;
    long bytes = 0;
    RangeResponse page;
    do {
      page = call(KVGrpc.getRangeMethod(), request.build()).join();
      for (KeyValue kv : page.getKvsList()) {
        entries++;
        bytes += kv.getKey().size() + kv.getValue().size();
      }
      if (page.getKvsCount() > 0) {
        ByteString last = page.getKvs(page.getKvsCount() - 1).getKey();
        request
            .setKey(last.concat(ByteString.copyFrom(new byte[1])))
            .setRevision(page.getHeader().getRevision());
      }
    } while (page.getMore());
    return new Scanned(entries, bytes);
  }

  private static ByteString bytes(byte[] array) {
    return UnsafeByteOperations.unsafeWrap(array);
  }

  private <Q, R> CompletableFuture<R> call(MethodDescriptor<Q, R> method, Q request) {
    ManagedChannel channel = channels.get(Math.floorMod(turn.getAndIncrement(), channels.size()));
    CompletableFuture<R> answer = new CompletableFuture<>();
    ClientCalls.asyncUnaryCall(
        channel.newCall(
            method, CallOptions.DEFAULT.withDeadlineAfter(timeoutMillis, TimeUnit.MILLISECONDS)),
        request,
        new StreamObserver<R>() {
          @Override
          public void onNext(R value) {
            answer.complete(value);
          }

          @Override
          public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
          }

          @Override
          public void onCompleted() {
            answer.completeExceptionally(
                Status.INTERNAL.withDescription("an answer without a message").asException());
          }
        });
    return answer;
  }

  @Override
  public String reason(Throwable failure) {
    return Status.fromThrowable(failure).getCode().name();
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
