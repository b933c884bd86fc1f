package io.raftkv.server;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.ClusterGrpc.ClusterImplBase;
import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberChangeResponse;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.MemberReplaceRequest;
import io.raftkv.proto.v1.MemberRole;
import io.raftkv.proto.v1.ResponseHeader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/**
 * What a member hears on the client port of others: lists, and replacements as a leader makes them.
 */
final class FakeCluster extends ClusterImplBase implements AutoCloseable {
  final List<Member> members = Collections.synchronizedList(new ArrayList<>());
  final List<Long> removed = Collections.synchronizedList(new ArrayList<>());
  final List<MemberReplaceRequest> asked = Collections.synchronizedList(new ArrayList<>());

  /** Answers to the next replacements that do nothing; before {@link #lost}. */
  final Deque<Status> refusals = new ArrayDeque<>();

  /**
   * So many of the next lists are old ones, of a member that hears of no leader: they are empty.
   */
  int outdated;

  /** So many of the next replacements are made, and the answer is lost. */
  int lost;

  private final long clusterId;
  private final Server server;

  FakeCluster(long clusterId) throws IOException {
    this.clusterId = clusterId;
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(this)
            .build()
            .start();
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  static Member member(long id, String name, String peerAddress, MemberRole role) {
    return Member.newBuilder()
        .setId(id)
        .setName(name)
        .setPeerAddress(peerAddress)
        .setRole(role)
        .build();
  }

  @Override
  public synchronized void memberList(
      MemberListRequest request, StreamObserver<MemberListResponse> observer) {
    observer.onNext(
        MemberListResponse.newBuilder()
            .setHeader(ResponseHeader.newBuilder().setClusterId(clusterId).setLeaderId(leader()))
            .addAllMembers(outdated > 0 ? List.of() : members)
            .build());
    observer.onCompleted();
    outdated = Math.max(0, outdated - 1);
  }

  private long leader() {
    return outdated > 0 ? 0 : 2;
  }

  @Override
  public synchronized void memberReplace(
      MemberReplaceRequest request, StreamObserver<MemberChangeResponse> observer) {
    asked.add(request);
    Status refusal = refusals.poll();
    if (refusal == null) {
      refusal = replace(request);
    }
    if (refusal == null && lost > 0) {
      lost--;
      refusal = Status.UNAVAILABLE.withDescription("the answer is lost");
    }
    if (refusal != null) {
      observer.onError(refusal.asRuntimeException());
      return;
    }
    observer.onNext(MemberChangeResponse.getDefaultInstance());
    observer.onCompleted();
  }

  private Status replace(MemberReplaceRequest request) {
    for (Member member : members) {
      if (member.getId() == request.getNewId() && member.getRole() == MemberRole.LEARNER) {
        return null;
      }
    }
    if (removed.contains(request.getNewId())) {
      return Status.ALREADY_EXISTS.withDescription("MEMBER_EXISTS: was removed");
    }
    for (Member member : members) {
      if (member.getId() == request.getId()) {
        members.remove(member);
        removed.add(member.getId());
        members.add(
            member(
                request.getNewId(),
                request.getName(),
                request.getPeerAddress(),
                MemberRole.LEARNER));
        return null;
      }
    }
    return Status.NOT_FOUND.withDescription("MEMBER_NOT_FOUND: no such member");
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
