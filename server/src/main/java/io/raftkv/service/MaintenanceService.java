package io.raftkv.service;

import io.grpc.stub.StreamObserver;
import io.raftkv.kv.KeyRange;
import io.raftkv.kv.KvView;
import io.raftkv.proto.v1.HashRequest;
import io.raftkv.proto.v1.HashResponse;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.ResponseHeader;
import io.raftkv.proto.v1.SnapshotChunk;
import io.raftkv.proto.v1.SnapshotRequest;
import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.proto.v1.StatusResponse;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.node.NodeStatus;
import java.util.concurrent.CompletableFuture;

/**
 * What a member says of itself, and a backup of what it has. Asks nobody else, so it answers
 * without a leader, too; but a backup, which is linearizable unless asked otherwise.
 */
final class MaintenanceService extends MaintenanceGrpc.MaintenanceImplBase {
  private final ServiceContext context;

  MaintenanceService(ServiceContext context) {
    this.context = context;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
    context
        .calls()
        .run(Method.STATUS, request, observer, call -> CompletableFuture.completedFuture(status()));
  }

  private StatusResponse status() {
    // The view first: what is applied then is never more than what the node says is committed.
    KvView view = context.reads().local();
    NodeStatus status = context.consensus().status();
    MemberFigures figures = context.figures();
    return StatusResponse.newBuilder()
        .setHeader(context.headers().at(view.revision()))
        .setVersion(context.identity().version())
        .setName(context.identity().name())
        .setRole(role(status))
        .setFirstIndex(status.firstIndex())
        .setLastIndex(status.lastIndex())
        .setCommitIndex(Math.max(status.commitIndex(), view.appliedIndex()))
        .setAppliedIndex(view.appliedIndex())
        .setDurableIndex(status.durableIndex())
        .setSnapshotIndex(status.snapshotIndex())
        .setCompactedRevision(view.compactedRevision())
        .setKeys(view.keys())
        .setLogBytes(figures.logBytes())
        .setSnapshotBytes(figures.snapshotBytes())
        .setStateHash(view.stateHash())
        .addAllAlarms(figures.alarms())
        .build();
  }

  private static String role(NodeStatus status) {
    boolean isLearner =
        status.role() == NodeStatus.Role.FOLLOWER
            && status.configuration().contains(status.self())
            && !status.configuration().isVoter(status.self());
    return isLearner ? "LEARNER" : status.role().name();
  }

  @Override
  public void hash(HashRequest request, StreamObserver<HashResponse> observer) {
    context.calls().run(Method.HASH, request, observer, call -> hash(request, call));
  }

  private CompletableFuture<HashResponse> hash(HashRequest request, Call<HashResponse> call) {
    long at = RequestChecks.revision("at_revision", request.getAtRevision());
    KvView view = context.reads().local();
    long revision = Reads.revision(view, at);
    return context
        .walks()
        .run(
            call,
            () ->
                HashResponse.newBuilder()
                    .setHeader(context.headers().at(revision))
                    .setHash(view.contentHash(revision))
                    .setAtRevision(revision)
                    .setKeys(view.count(KeyRange.all(), revision))
                    .build());
  }

  @Override
  public void snapshot(SnapshotRequest request, StreamObserver<SnapshotChunk> observer) {
    SnapshotReply reply = new SnapshotReply(observer, context.calls());
    context
        .calls()
        .run(
            Method.SNAPSHOT,
            request,
            reply,
            Caller.current(),
            context.calls().timeLimitNanos(),
            Runnable::run,
            call -> snapshot(request, call, reply));
  }

  private CompletableFuture<SnapshotChunk> snapshot(
      SnapshotRequest request, Call<SnapshotChunk> call, SnapshotReply reply) {
    context.checks().snapshot(request);
    call.expectAnswer(SnapshotReply.HELD_BYTES);
    return context
        .reads()
        .view(call, request.getRead())
        .thenCompose(
            view -> {
              call.checkWanted();
              SnapshotMeta meta = meta(view);
              ResponseHeader header = context.headers().at(view.revision());
              return context
                  .backups()
                  .run(
                      call,
                      () ->
                          reply.stream(
                              call,
                              header,
                              meta.index(),
                              file -> context.backupFormat().write(meta, view, file)));
            });
  }

  /**
   * What the view shows, as far as it matters to whoever restores it: the term is that of the
   * member, at least that of the entry, and the members are those of now.
   */
  private SnapshotMeta meta(KvView view) {
    if (view.appliedIndex() == 0) {
      throw Refusal.of(Reason.NOT_READY, "this member has received nothing of its cluster yet");
    }
    NodeStatus status = context.consensus().status();
    return new SnapshotMeta(
        new EntryId(view.appliedIndex(), status.term()), status.configuration());
  }
}
