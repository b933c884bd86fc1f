package io.raftkv.server;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.ClusterGrpc.ClusterBlockingStub;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a member that does not run yet asks of a running cluster, through the client ports of
 * others. Waits for answers, in all for a bounded time that starts when this is made. Used by one
 * thread.
 */
final class ClusterCalls {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final int ANSWER_SECONDS_MAX = 5;
  private static final int PAUSE_MILLIS = 200;

  /**
   * No answer that helps: a refusal, or none in time. The message is one line that names whom was
   * asked and the cause.
   */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }

    RefusedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private final List<HostPort> addresses;
  private final List<Reason> passing;
  private final long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();

  /**
   * @param addresses client ports, at least one
   * @param passing refusals that may be gone in a moment; that nobody leads is always one
   */
  ClusterCalls(List<HostPort> addresses, Reason... passing) {
    this.addresses = addresses;
    this.passing = List.of(passing);
  }

  /** The members, as one that answers knows them. */
  MemberListResponse members() throws RefusedException {
    return any(stub -> stub.memberList(MemberListRequest.getDefaultInstance()));
  }

  /**
   * Asks one after the other until one answers, or refuses for good. A call may arrive several
   * times: asking twice has to be safe.
   */
  <R> R any(Function<ClusterBlockingStub, R> call) throws RefusedException {
    while (true) {
      StatusRuntimeException last = null;
      for (HostPort address : addresses) {
        try {
          return at(address, call);
        } catch (StatusRuntimeException e) {
          if (!isWorthAnotherTry(e.getStatus())) {
            throw refused(e);
          }
          last = e;
        }
      }
      if (last != null && isTimeUp()) {
        throw refused(last);
      }
      pause();
    }
  }

  private static <R> R at(HostPort address, Function<ClusterBlockingStub, R> call) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(address.toString()).usePlaintext().directExecutor().build();
    try {
      return call.apply(
          ClusterGrpc.newBlockingStub(channel)
              .withDeadlineAfter(ANSWER_SECONDS_MAX, TimeUnit.SECONDS));
    } finally {
      channel.shutdownNow();
    }
  }

  private boolean isWorthAnotherTry(Status status) {
    String text = String.valueOf(status.getDescription());
    return switch (status.getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED -> true;
      default -> passing.stream().anyMatch(reason -> text.startsWith(reason.name()));
    };
  }

  private RefusedException refused(StatusRuntimeException e) {
    String why = e.getStatus().getDescription();
    return new RefusedException(
        addresses.stream().map(HostPort::toString).collect(Collectors.joining(","))
            + ": "
            + (why == null ? e.getStatus().getCode().toString() : why),
        e);
  }

  /** Whether what did not work yet should be given up. */
  boolean isTimeUp() {
    return System.nanoTime() - deadlineNanos >= 0;
  }

  /** Gives the cluster a moment. */
  static void pause() throws RefusedException {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException("interrupted", e);
    }
  }
}
