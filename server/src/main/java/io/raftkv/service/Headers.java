package io.raftkv.service;

import io.raftkv.proto.v1.ResponseHeader;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import java.util.Optional;
import java.util.function.Function;

/** Makes the header of an answer. For any thread. */
final class Headers {
  private final MemberIdentity identity;
  private final Consensus consensus;
  private final Function<MemberId, Optional<String>> clientAddress;

  Headers(
      MemberIdentity identity,
      Consensus consensus,
      Function<MemberId, Optional<String>> clientAddress) {
    this.identity = identity;
    this.consensus = consensus;
    this.clientAddress = clientAddress;
  }

  /**
   * The header of an answer.
   *
   * @param revision of the store as the answer saw it
   */
  ResponseHeader at(long revision) {
    NodeStatus status = consensus.status();
    MemberId leader = status.leader();
    ResponseHeader.Builder header =
        ResponseHeader.newBuilder()
            .setClusterId(identity.clusterId())
            .setMemberId(identity.memberId().value())
            .setLeaderId(leader.value())
            .setTerm(status.term())
            .setRevision(revision);
    if (!leader.isNone()) {
      clientAddress.apply(leader).ifPresent(header::setLeaderAddress);
    }
    return header.build();
  }

  /** This member as it stands now. */
  NodeStatus status() {
    return consensus.status();
  }

  /** Where clients reach a member; empty while it has not told. */
  Optional<String> clientAddress(MemberId member) {
    return clientAddress.apply(member);
  }
}
