package io.raftkv.transport;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks peer ports whether the members are there that a configuration expects: opens a stream as an
 * unknown member of the cluster, which changes nothing there, and looks who greets it.
 */
public final class PeerProbe {
  private static final Duration SPARE = Duration.ofSeconds(2);

  /** It need not be one: nobody is told before the stream is closed. */
  private static final String NO_CLIENT_ADDRESS = "127.0.0.1:1";

  /**
   * What came of it.
   *
   * @param isThere the member runs, and is of the cluster
   * @param text in words
   * @param clientAddress where clients reach it, if it said so
   */
  public record Answer(boolean isThere, String text, Optional<String> clientAddress) {
    public Answer(boolean isThere, String text) {
      this(isThere, text, Optional.empty());
    }
  }

  private PeerProbe() {}

  /**
   * Asks all of them at once and waits for the answers; it takes little longer than the patience.
   *
   * @param clusterId of the cluster that they are expected to be of
   */
  public static Map<MemberId, Answer> ask(long clusterId, List<Member> members, Duration patience) {
    MemberId unknown = new MemberId(new SecureRandom().nextLong() | 1);
    List<ManagedChannel> channels = new ArrayList<>();
    Map<MemberId, CompletableFuture<Answer>> asked = new LinkedHashMap<>();
    Map<MemberId, Answer> answers = new LinkedHashMap<>();
    try {
      for (Member member : members) {
        Handshake greeting =
            new Handshake(
                clusterId, unknown, member.id(), NO_CLIENT_ADDRESS, "", Acquaintances.NO_FOLDER);
        asked.put(member.id(), ask(greeting, member.peerAddress(), patience, channels));
      }
      long millisMax = patience.plus(SPARE).toMillis();
      asked.forEach(
          (id, answer) ->
              answers.put(
                  id, answer.completeOnTimeout(SILENT, millisMax, TimeUnit.MILLISECONDS).join()));
      return answers;
    } finally {
      channels.forEach(ManagedChannel::shutdownNow);
    }
  }

  private static final Answer SILENT = new Answer(false, "does not answer");

  private static CompletableFuture<Answer> ask(
      Handshake greeting, String address, Duration patience, List<ManagedChannel> channels) {
    HostAndPort target;
    try {
      target = HostAndPort.parse(address);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.completedFuture(
          new Answer(false, "cannot be asked: " + Printable.of(e.getMessage())));
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(target.host(), target.port())
            .usePlaintext()
            .directExecutor()
            .disableRetry()
            .disableServiceConfigLookUp()
            .proxyDetector(any -> null)
            .build();
    channels.add(channel);
    ClientCall<Frame, Frame> call =
        channel.newCall(
            Rpc.HEARTBEAT.method(),
            CallOptions.DEFAULT.withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS));
    Greeted greeted = new Greeted(greeting);
    call.start(greeted, greeting.encode());
    call.request(1);
    return greeted.answer;
  }

  private static final class Greeted extends ClientCall.Listener<Frame> {
    private final Handshake greeting;
    final CompletableFuture<Answer> answer = new CompletableFuture<>();

    Greeted(Handshake greeting) {
      this.greeting = greeting;
    }

    @Override
    public void onHeaders(Metadata headers) {
      try {
        Handshake other =
            Handshake.check(
                headers, greeting.cluster(), greeting.from(), greeting.to()::equals, id -> false);
        answer.complete(new Answer(true, "answers", Optional.of(other.clientAddress())));
      } catch (Handshake.RefusedException e) {
        answer.complete(stranger(e.status()));
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      answer.complete(
          switch (status.getCode()) {
            case FAILED_PRECONDITION -> stranger(status);
            // It knows the cluster and itself, and has no room for one more guest.
            case PERMISSION_DENIED -> new Answer(true, "answers");
            default ->
                PeerService.STARTING.equals(status.getDescription())
                    ? new Answer(true, "is starting")
                    : new Answer(false, SILENT.text() + reason(status));
          });
    }

    private static Answer stranger(Status status) {
      return new Answer(
          false, "is not there, but another: " + Printable.of(status.getDescription()));
    }

    private static String reason(Status status) {
      Throwable cause = status.getCause();
      while (cause != null && cause.getCause() != null) {
        cause = cause.getCause();
      }
      return cause == null ? "" : ": " + Printable.of(cause.getMessage());
    }
  }
}
