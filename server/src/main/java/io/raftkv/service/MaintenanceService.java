package io.raftkv.service;

import io.grpc.stub.StreamObserver;
import io.raftkv.kv.KeyRange;
import io.raftkv.kv.KvView;
import io.raftkv.proto.v1.HashRequest;
import io.raftkv.proto.v1.HashResponse;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.proto.v1.StatusResponse;
import io.raftkv.raft.node.NodeStatus;
import java.util.concurrent.CompletableFuture;

/** What a member says of itself. Asks nobody else, so it answers without a leader, too. */
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
}
