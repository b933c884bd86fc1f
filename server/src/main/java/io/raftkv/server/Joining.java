package io.raftkv.server;

import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberAddRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.MemberRole;
import io.raftkv.proto.v1.Reason;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.server.ClusterCalls.RefusedException;
import java.security.SecureRandom;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a new member into a running cluster, through the client port of any member. Its identity is
 * durable before it asks to be let in, so that it asks again under the same id if it is stopped
 * meanwhile. Waits for answers, for a bounded time.
 */
final class Joining {
  private static final Logger LOG = LoggerFactory.getLogger(Joining.class);

  private final ServerConfig config;
  private final ClusterCalls cluster;

  Joining(ServerConfig config) {
    this.config = config;
    cluster = new ClusterCalls(config.join(), Reason.CHANGE_IN_PROGRESS);
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
      return new Identity(clusterId, newId());
    }
    Member member = known.get();
    if (!isAwaited(member, config)) {
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

  /** An id that nobody has had: not to be guessed, and not to be drawn twice. */
  static MemberId newId() {
    return new MemberId(new SecureRandom().nextLong() | 1);
  }

  /** Whether this is a place in the cluster that is kept for this member, which nobody took yet. */
  static boolean isAwaited(Member member, ServerConfig config) {
    return member.getRole() == MemberRole.LEARNER
        && member.getMatchIndex() == 0
        && member.getName().equals(config.name())
        && member.getPeerAddress().equals(config.peerAddress());
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
            .setPeerAddress(config.peerAddress())
            .build();
    try {
      var unused = cluster.any(stub -> stub.memberAdd(add));
    } catch (RefusedException e) {
      throw refused(e);
    }
    LOG.info("{} is let into cluster {}", config.name(), String.format("%016x", self.clusterId()));
  }

  private MemberListResponse list() throws StartException {
    try {
      return cluster.members();
    } catch (RefusedException e) {
      throw refused(e);
    }
  }

  private static StartException refused(RefusedException e) {
    return new StartException(
        ExitCode.WRONG_CONFIGURATION, Setting.JOIN.flag() + " " + e.getMessage(), e);
  }
}
