package io.raftkv.service;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.Reason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks the leader for the list of members, over its client port: only it knows how far the others
 * are. Keeps one connection, to the leader asked last. For any thread; never waits.
 */
final class LeaderMembers implements AutoCloseable {
  private static final long ANSWER_MILLIS_MAX = 1_000;

  private static final Metadata.Key<String> HOP =
      Metadata.Key.of("raftkv-asked-by-member", Metadata.ASCII_STRING_MARSHALLER);

  private static final Context.Key<Boolean> IS_ASKED_BY_MEMBER = Context.key("asked by a member");

  private record Connection(String address, ManagedChannel channel) {}

  private final AtomicReference<@Nullable Connection> connection = new AtomicReference<>();
  private volatile boolean isClosed;

  /**
   * Whether the request that is handled on this thread comes from another member. It is answered
   * with what is known here: two members that take each other for the leader must not ask in turn.
   */
  static boolean isAskedByMember() {
    return Boolean.TRUE.equals(IS_ASKED_BY_MEMBER.get());
  }

  /** Makes {@link #isAskedByMember} work on a server. */
  static ServerInterceptor interceptor() {
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return headers.containsKey(HOP)
            ? Contexts.interceptCall(
                Context.current().withValue(IS_ASKED_BY_MEMBER, true), call, headers, next)
            : next.startCall(call, headers);
      }
    };
  }

  /** The list as the member at this address has it; fails if it cannot be asked. */
  CompletableFuture<MemberListResponse> ask(String address) {
    CompletableFuture<MemberListResponse> answer = new CompletableFuture<>();
    Metadata hop = new Metadata();
    hop.put(HOP, "1");
    ClusterGrpc.newStub(channel(address))
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(hop))
        .withDeadlineAfter(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS)
        .memberList(
            MemberListRequest.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(MemberListResponse response) {
                answer.complete(response);
              }

              @Override
              public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {
                // Without an answer before, this is one that never comes.
                answer.completeExceptionally(
                    Refusal.of(Reason.NO_LEADER, "the leader gave no answer"));
              }
            });
    return answer;
  }

  private ManagedChannel channel(String address) {
    Connection current = connection.get();
    if (current != null && current.address().equals(address)) {
      return current.channel();
    }
    Connection fresh =
        new Connection(
            address,
            NettyChannelBuilder.forTarget(address).usePlaintext().directExecutor().build());
    close(connection.getAndSet(fresh));
    if (isClosed) {
      close(fresh);
    }
    return fresh.channel();
  }

  /** Calls under way on it still finish. */
  private static void close(@Nullable Connection connection) {
    if (connection != null) {
      connection.channel().shutdown();
    }
  }

  @Override
  public void close() {
    isClosed = true;
    Connection current = connection.getAndSet(null);
    if (current != null) {
      current.channel().shutdownNow();
    }
  }
}
