package io.raftkv.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.raftkv.kv.Commands;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.MemberId;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class HealthUpdaterTest {
  private final KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
  private final SingleConsensus consensus = new SingleConsensus(new ManualClock(), store);
  private final HealthStatusManager manager = new HealthStatusManager();
  private final HealthUpdater updater =
      new HealthUpdater(manager, consensus, () -> store.view().appliedIndex());
  private final String name = InProcessServerBuilder.generateName();
  private final ManagedChannel channel =
      InProcessChannelBuilder.forName(name).directExecutor().build();
  private final Server server =
      InProcessServerBuilder.forName(name)
          .directExecutor()
          .addService(manager.getHealthService())
          .build();

  @BeforeEach
  void start() throws IOException {
    server.start();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private boolean isServing(String service) {
    return HealthGrpc.newBlockingStub(channel)
            .check(HealthCheckRequest.newBuilder().setService(service).build())
            .getStatus()
        == ServingStatus.SERVING;
  }

  private void commit() {
    var unused = consensus.propose(Commands.put(new byte[] {1}, new byte[] {2}));
  }

  @Test
  void memberIsLiveButNotReadyBeforeAnythingIsKnown() {
    consensus.leader = MemberId.NONE;
    updater.run();
    assertThat(isServing("live")).isTrue();
    assertThat(isServing("")).isFalse();
    assertThat(isServing("leader")).isFalse();
  }

  @Test
  void memberIsReadyOnceItHasALeaderAndHasCaughtUp() {
    commit();
    updater.run();
    assertThat(isServing("")).isTrue();
    assertThat(isServing("leader")).isTrue();

    consensus.leader = SingleConsensus.OTHER;
    updater.run();
    assertThat(isServing("")).isTrue();
    assertThat(isServing("leader")).isFalse();

    consensus.leader = MemberId.NONE;
    updater.run();
    assertThat(isServing("")).isFalse();
    assertThat(updater.isReady()).isFalse();
  }

  @Test
  void memberThatNeverHadAllThatItsLeaderHasCommittedIsNotReady() {
    // As after a restart from a snapshot, whose index is the commit index at first.
    commit();
    consensus.freshAtNanos = Long.MIN_VALUE;
    updater.run();
    updater.run();
    assertThat(isServing("")).isFalse();
  }

  @Test
  void memberThatFallsBehindItsCommitIndexIsNotReady() {
    commit();
    updater.run();
    consensus.commitIndexLead = 100;
    updater.run();
    // What was committed just now may still be on its way.
    assertThat(isServing("")).isTrue();
    updater.run();
    assertThat(isServing("")).isFalse();
    consensus.commitIndexLead = 0;
    updater.run();
    updater.run();
    assertThat(isServing("")).isTrue();
  }

  @Test
  void drainingMemberIsNeverReadyAgain() {
    commit();
    updater.run();
    updater.drain();
    updater.run();
    assertThat(isServing("")).isFalse();
    assertThat(updater.isReady()).isFalse();
  }
}
