package io.raftkv.e2e.run;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.raftkv.client.Endpoint;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RequestId;
import io.raftkv.proto.v1.SessionGrpc;
import io.raftkv.proto.v1.SessionOpenRequest;
import java.util.List;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Writes as the protocol says, and no more cleverly: a session, a number for each write, and the
 * same request to any member until somebody answers.
 */
final class RawAppender implements Appender, AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final long ATTEMPT_SECONDS = 1;

  /** What is worth another attempt; everything else is wrong here. */
  private static final Set<String> PASSING =
      Set.of(
          "NO_LEADER",
          "NOT_READY",
          "SHUTTING_DOWN",
          "LEADERSHIP_LOST",
          "TIMEOUT",
          "SNAPSHOT_INSTALLING",
          "QUEUE_FULL");

  private final List<ManagedChannel> members;
  private final long session;

  // Guarded by outstanding.
  private final NavigableSet<Long> outstanding = new TreeSet<>();
  private long lastSequence;

  /** Opens its session. */
  RawAppender(List<Endpoint> endpoints, java.time.Duration ttl) {
    members = endpoints.stream().map(RawAppender::channel).toList();
    SessionOpenRequest request =
        SessionOpenRequest.newBuilder()
            .setName("raw")
            .setTtl(Duration.newBuilder().setSeconds(ttl.toSeconds()))
            .build();
    session =
        untilAnswered(
            member ->
                SessionGrpc.newBlockingStub(member)
                    .withDeadlineAfter(ATTEMPT_SECONDS, TimeUnit.SECONDS)
                    .open(request)
                    .getSessionId());
  }

  private static ManagedChannel channel(Endpoint endpoint) {
    return NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port()).usePlaintext().build();
  }

  long session() {
    return session;
  }

  @Override
  public long put(String key, String value, OptionalLong ifRevision) {
    PutRequest.Builder request =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(key))
            .setValue(ByteString.copyFromUtf8(value));
    ifRevision.ifPresent(request::setIfRevision);
    long sequence;
    synchronized (outstanding) {
      sequence = ++lastSequence;
      outstanding.add(sequence);
    }
    try {
      return untilAnswered(member -> send(member, request, sequence));
    } finally {
      synchronized (outstanding) {
        outstanding.remove(sequence);
      }
    }
  }

  private long send(ManagedChannel member, PutRequest.Builder request, long sequence) {
    long first;
    synchronized (outstanding) {
      first = outstanding.first();
    }
    return send(member, request, sequence, first);
  }

  private long send(
      ManagedChannel member, PutRequest.Builder request, long sequence, long firstOutstanding) {
    RequestId id =
        RequestId.newBuilder()
            .setSessionId(session)
            .setSequence(sequence)
            .setFirstOutstanding(firstOutstanding)
            .build();
    return KVGrpc.newBlockingStub(member)
        .withDeadlineAfter(ATTEMPT_SECONDS, TimeUnit.SECONDS)
        .put(request.clone().setRequestId(id).build())
        .getModRevision();
  }

  /** Sends a write under a number of the caller's choice; the reason if it is refused. */
  String refusal(String key, String value, long sequence) {
    PutRequest.Builder request =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(key))
            .setValue(ByteString.copyFromUtf8(value));
    try {
      long revision = untilAnswered(member -> send(member, request, sequence, 0));
      return "none: revision " + revision;
    } catch (IllegalStateException refused) {
      return String.valueOf(refused.getMessage());
    }
  }

  private long untilAnswered(Function<ManagedChannel, Long> send) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      ManagedChannel member = members.get(ThreadLocalRandom.current().nextInt(members.size()));
      try {
        return send.apply(member);
      } catch (StatusRuntimeException e) {
        String reason = reason(e);
        if (!PASSING.contains(reason) && !reason.isEmpty()) {
          throw new IllegalStateException(reason, e);
        }
        if (System.nanoTime() - end > 0) {
          throw new IllegalStateException("no answer", e);
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /** Empty if no server said it. */
  private static String reason(StatusRuntimeException e) {
    com.google.rpc.Status status = StatusProto.fromThrowable(e);
    for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return detail.unpack(ErrorInfo.class).getReason();
        } catch (InvalidProtocolBufferException broken) {
          throw new IllegalStateException("an error that cannot be read", broken);
        }
      }
    }
    return "";
  }

  @Override
  public void close() {
    members.forEach(ManagedChannel::shutdownNow);
  }
}
