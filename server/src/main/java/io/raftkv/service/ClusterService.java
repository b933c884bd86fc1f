package io.raftkv.service;

import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.MemberRole;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import io.raftkv.proto.v1.TransferLeadershipResponse;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The members. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {
  private final ServiceContext context;

  ClusterService(ServiceContext context) {
    this.context = context;
  }

  @Override
  public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
    context.calls().run(Method.MEMBER_LIST, request, observer, call -> memberList());
  }

  /** What the leader knows; if it cannot be asked, what this member knows. */
  private CompletableFuture<MemberListResponse> memberList() {
    NodeStatus status = context.consensus().status();
    MemberListResponse known = known(status);
    Optional<String> leader =
        status.isLeader() || status.leader().isNone() || LeaderMembers.isAskedByMember()
            ? Optional.empty()
            : context.headers().clientAddress(status.leader());
    if (leader.isEmpty()) {
      return CompletableFuture.completedFuture(known);
    }
    return context
        .leaderMembers()
        .ask(leader.get())
        .handle(
            (answer, failure) ->
                failure == null && isOfThisCluster(answer)
                    ? answer.toBuilder().setHeader(known.getHeader()).build()
                    : known);
  }

  private boolean isOfThisCluster(MemberListResponse answer) {
    return answer.getHeader().getClusterId() == context.identity().clusterId();
  }

  private MemberListResponse known(NodeStatus status) {
    MemberListResponse.Builder response =
        MemberListResponse.newBuilder()
            .setHeader(context.headers().at(context.reads().local().revision()))
            .setConfigRevision(status.configurationIndex());
    for (io.raftkv.raft.Member member : status.configuration().members()) {
      response.addMembers(member(member, status));
    }
    return response.build();
  }

  private Member member(io.raftkv.raft.Member member, NodeStatus status) {
    Member.Builder described =
        Member.newBuilder()
            .setId(member.id().value())
            .setName(member.name())
            .setRole(role(member, status))
            .setClientAddress(context.headers().clientAddress(member.id()).orElse(""))
            .setPeerAddress(member.peerAddress());
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

  @Override
  public void transferLeadership(
      TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> observer) {
    context.calls().run(Method.TRANSFER_LEADERSHIP, request, observer, call -> transfer(request));
  }

  private CompletableFuture<TransferLeadershipResponse> transfer(
      TransferLeadershipRequest request) {
    MemberId target = new MemberId(request.getMemberId());
    if (!target.isNone() && !context.consensus().status().configuration().contains(target)) {
      throw Refusal.field(Reason.MEMBER_NOT_FOUND, "member_id", "no such member");
    }
    return context
        .consensus()
        .transferLeadership(target)
        .thenApply(
            leader ->
                TransferLeadershipResponse.newBuilder()
                    .setHeader(context.headers().at(context.reads().local().revision()))
                    .setLeaderId(leader.value())
                    .build());
  }
}
