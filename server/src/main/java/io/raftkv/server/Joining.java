package io.raftkv.server;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.ClusterGrpc.ClusterBlockingStub;
import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberAddRequest;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.MemberRole;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a new member into a running cluster, through the client port of any member. Its identity is
 * durable before it asks to be let in, so that it asks again under the same id if it is stopped
 * meanwhile. Waits for answers, for a bounded time.
 */
final class Joining {
  private static final Logger LOG = LoggerFactory.getLogger(Joining.class);
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final int ANSWER_SECONDS_MAX = 5;
  private static final int PAUSE_MILLIS = 200;

  private final ServerConfig config;

  Joining(ServerConfig config) {
    this.config = config;
  }

  /**
   * Who this member is to be: the one that was added under its name and address, or a new one. Ids
   * are not derived from names here, so that a name may come back after a removal.
   */
  Identity identity() throws StartException {
    MemberListResponse list = list();
    long clusterId = list.getHeader().getClusterId();
    Optional<Member> known =
        list.getMembersList().stream()
            .filter(member -> member.getName().equals(config.name()))
            .findFirst();
    if (known.isEmpty()) {
      return new Identity(clusterId, new MemberId(new SecureRandom().nextLong() | 1));
    }
    Member member = known.get();
    boolean isAwaited =
        member.getRole() == MemberRole.LEARNER
            && member.getMatchIndex() == 0
            && member.getPeerAddress().equals(peerAddress());
    if (!isAwaited) {
      throw StartException.wrong(
          "the cluster has a member "
              + config.name()
              + " at "
              + member.getPeerAddress()
              + ": start with its data directory, choose another name, or replace it:"
              + " kvctl cluster replace");
    }
    return new Identity(clusterId, new MemberId(member.getId()));
  }

  /** Asks to be let in, unless that was done. */
  void ask(Identity self) throws StartException {
    MemberListResponse list = list();
    if (list.getHeader().getClusterId() != self.clusterId()) {
      throw StartException.wrong(
          String.format(
              "%s leads to cluster %016x; the data directory belongs to %016x",
              Setting.JOIN.flag(), list.getHeader().getClusterId(), self.clusterId()));
    }
    if (list.getMembersList().stream()
        .anyMatch(member -> member.getId() == self.memberId().value())) {
      return;
    }
    MemberAddRequest add =
        MemberAddRequest.newBuilder()
            .setId(self.memberId().value())
            .setName(config.name())
            .setPeerAddress(peerAddress())
            .build();
    var unused = any(stub -> stub.memberAdd(add));
    LOG.info("{} is let into cluster {}", config.name(), String.format("%016x", self.clusterId()));
  }

  private String peerAddress() {
    return String.valueOf(config.initialCluster().peerAddresses().get(config.name()));
  }

  private MemberListResponse list() throws StartException {
    return any(stub -> stub.memberList(MemberListRequest.getDefaultInstance()));
  }

  /** Asks one after the other until one answers, or refuses for good. */
  private <R> R any(Function<ClusterBlockingStub, R> call) throws StartException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      StatusRuntimeException last = null;
      for (HostPort address : config.join()) {
        try {
          return at(address, call);
        } catch (StatusRuntimeException e) {
          if (!isWorthAnotherTry(e.getStatus())) {
            throw refused(e);
          }
          last = e;
        }
      }
      if (last != null && System.nanoTime() - deadline >= 0) {
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

  /** No leader, another change under way, or an answer that did not come: asking twice is safe. */
  private static boolean isWorthAnotherTry(Status status) {
    String text = String.valueOf(status.getDescription());
    return switch (status.getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED -> true;
      case FAILED_PRECONDITION -> text.startsWith("CHANGE_IN_PROGRESS");
      default -> false;
    };
  }

  private StartException refused(StatusRuntimeException e) {
    String why = e.getStatus().getDescription();
    return new StartException(
        ExitCode.WRONG_CONFIGURATION,
        Setting.JOIN.flag()
            + " "
            + String.join(",", config.join().stream().map(HostPort::toString).toList())
            + ": "
            + (why == null ? e.getStatus().getCode().toString() : why),
        e);
  }

  private static void pause() throws StartException {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartException(ExitCode.WRONG_CONFIGURATION, "interrupted while joining", e);
    }
  }
}
