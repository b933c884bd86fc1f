package io.raftkv.service;

import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.MemberAddRequest;
import io.raftkv.proto.v1.MemberChangeResponse;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.MemberPromoteRequest;
import io.raftkv.proto.v1.MemberRemoveRequest;
import io.raftkv.proto.v1.MemberReplaceRequest;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import io.raftkv.proto.v1.TransferLeadershipResponse;
import io.raftkv.raft.Member;
import io.raftkv.raft.Member.Standing;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.node.NodeStatus;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The members, and how they change. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {
  private static final int TRIES_MAX = 20;
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS);

  private final ServiceContext context;
  private final MemberDescriptions members;

  /** Nobody must be able to guess an id, or draw the same one. */
  private final SecureRandom ids = new SecureRandom();

  ClusterService(ServiceContext context) {
    this.context = context;
    members = new MemberDescriptions(context.headers());
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
    response
        .addAllMembers(members.of(status.configuration(), status))
        .addAllOutgoingVoters(MemberDescriptions.outgoing(status.configuration()));
    return response.build();
  }

  @Override
  public void memberAdd(MemberAddRequest request, StreamObserver<MemberChangeResponse> observer) {
    context.calls().run(Method.MEMBER_ADD, request, observer, call -> add(request));
  }

  private CompletableFuture<MemberChangeResponse> add(MemberAddRequest request) {
    boolean isLearner = request.getLearner() && !request.getAutoPromote();
    Member member =
        newcomer(
            request.getId(),
            request.getName(),
            request.getPeerAddress(),
            isLearner ? Standing.LEARNER : Standing.JOINING,
            MemberId.NONE);
    return change(
        MembershipChange.add(member).dry(request.getDryRun()), request.getConfigRevision());
  }

  @Override
  public void memberReplace(
      MemberReplaceRequest request, StreamObserver<MemberChangeResponse> observer) {
    context.calls().run(Method.MEMBER_REPLACE, request, observer, call -> replace(request));
  }

  private CompletableFuture<MemberChangeResponse> replace(MemberReplaceRequest request) {
    Member member =
        newcomer(
            request.getNewId(),
            request.getName(),
            request.getPeerAddress(),
            Standing.JOINING,
            given("id", request.getId()));
    return change(
        MembershipChange.add(member).dry(request.getDryRun()), request.getConfigRevision());
  }

  private Member newcomer(
      long id, String name, String peerAddress, Standing standing, MemberId replaces) {
    context.checks().memberName(name);
    context.checks().memberAddress(peerAddress);
    MemberId chosen = id == 0 ? new MemberId(ids.nextLong() | 1) : new MemberId(id);
    return new Member(chosen, name, peerAddress, standing, replaces);
  }

  private static MemberId given(String field, long id) {
    if (id == 0) {
      throw Refusal.field(Reason.BAD_MEMBER, field, "is missing");
    }
    return new MemberId(id);
  }

  @Override
  public void memberPromote(
      MemberPromoteRequest request, StreamObserver<MemberChangeResponse> observer) {
    context
        .calls()
        .run(
            Method.MEMBER_PROMOTE,
            request,
            observer,
            call ->
                change(
                    MembershipChange.promote(given("id", request.getId())).dry(request.getDryRun()),
                    request.getConfigRevision()));
  }

  @Override
  public void memberRemove(
      MemberRemoveRequest request, StreamObserver<MemberChangeResponse> observer) {
    context.calls().run(Method.MEMBER_REMOVE, request, observer, call -> remove(request));
  }

  /** A leader that is to go makes another one first: nobody has to wait for an election. */
  private CompletableFuture<MemberChangeResponse> remove(MemberRemoveRequest request) {
    MemberId id = given("id", request.getId());
    MembershipChange change = MembershipChange.remove(id).dry(request.getDryRun());
    NodeStatus status = context.consensus().status();
    boolean isLeaderToGo =
        id.equals(status.leader())
            && status.configuration().voters().size() > 1
            && !request.getDryRun();
    return isLeaderToGo
        ? context
            .consensus()
            .transferLeadership(MemberId.NONE)
            .thenCompose(leader -> changeSoon(change, request.getConfigRevision(), TRIES_MAX))
        : change(change, request.getConfigRevision());
  }

  /** A leader of this very moment has to commit something first. */
  private CompletableFuture<MemberChangeResponse> changeSoon(
      MembershipChange change, long configRevision, int tries) {
    return change(change, configRevision)
        .handle(
            (response, failure) ->
                tries > 1 && failure != null && isInProgress(failure)
                    ? CompletableFuture.supplyAsync(() -> tries - 1, LATER)
                        .thenCompose(left -> changeSoon(change, configRevision, left))
                    : failure == null
                        ? CompletableFuture.completedFuture(response)
                        : CompletableFuture.<MemberChangeResponse>failedFuture(failure))
        .thenCompose(next -> next);
  }

  private static boolean isInProgress(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RaftException raft
        && raft.reason() == RaftException.Reason.CHANGE_IN_PROGRESS;
  }

  private CompletableFuture<MemberChangeResponse> change(
      MembershipChange change, long configRevision) {
    if (configRevision < 0) {
      throw Refusal.field(Reason.BAD_REVISION, "config_revision", "must not be negative");
    }
    return context
        .consensus()
        .changeMembership(change.expecting(configRevision))
        .thenApply(membership -> changed(change, membership));
  }

  private MemberChangeResponse changed(MembershipChange change, Membership membership) {
    NodeStatus status = context.consensus().status();
    return MemberChangeResponse.newBuilder()
        .setHeader(context.headers().at(context.reads().local().revision()))
        .addAllMembers(members.of(membership.configuration(), status))
        .setConfigRevision(membership.index())
        .addAllOutgoingVoters(MemberDescriptions.outgoing(membership.configuration()))
        .setMemberId(change.member().id().value())
        .build();
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
