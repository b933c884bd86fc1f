package io.raftkv.service;

import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberRole;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member.Standing;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import java.util.List;
import java.util.Optional;

/** The members of a configuration as this member can describe them. For any thread. */
final class MemberDescriptions {
  private final Headers headers;

  MemberDescriptions(Headers headers) {
    this.headers = headers;
  }

  List<Member> of(Configuration configuration, NodeStatus status) {
    return configuration.members().stream().map(member -> describe(member, status)).toList();
  }

  static List<Long> outgoing(Configuration configuration) {
    return configuration.outgoingVoters().stream().map(MemberId::value).toList();
  }

  private Member describe(io.raftkv.raft.Member member, NodeStatus status) {
    Member.Builder described =
        Member.newBuilder()
            .setId(member.id().value())
            .setName(member.name())
            .setRole(role(member, status))
            .setClientAddress(headers.clientAddress(member.id()).orElse(""))
            .setPeerAddress(member.peerAddress())
            .setAutoPromote(member.standing() == Standing.JOINING)
            .setReplaces(member.replaces().value());
    if (member.id().equals(status.self())) {
      return described
          .setMatchIndex(status.durableIndex())
          .setLag(Math.max(0, status.lastIndex() - status.durableIndex()))
          .setHealthy(true)
          .build();
    }
    Optional<NodeStatus.Follower> follower =
        status.followers().stream().filter(known -> known.id().equals(member.id())).findFirst();
    follower.ifPresent(
        known ->
            described
                .setMatchIndex(known.matchIndex())
                .setLag(Math.max(0, status.lastIndex() - known.matchIndex()))
                .setHealthy(known.isActive()));
    if (follower.isEmpty()) {
      // A follower knows of the others only that it follows the leader.
      described.setHealthy(member.id().equals(status.leader()));
    }
    return described.build();
  }

  private static MemberRole role(io.raftkv.raft.Member member, NodeStatus status) {
    if (member.id().equals(status.leader())) {
      return MemberRole.LEADER;
    }
    return member.isVoter() ? MemberRole.FOLLOWER : MemberRole.LEARNER;
  }
}
