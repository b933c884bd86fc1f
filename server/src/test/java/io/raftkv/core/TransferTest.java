package io.raftkv.core;

import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException.Reason;
import org.junit.jupiter.api.Test;

/** Raft thesis 3.10. */
class TransferTest {
  private final CoreCluster cluster = new CoreCluster(3);

  @Test
  void targetThatIsUpToDateLeadsAtOnce() {
    cluster.elect(1);

    assertThat(cluster.node(1).core().transferLeadership(id(3))).isEmpty();
    cluster.settle();

    assertThat(cluster.leader()).isEqualTo(3);
  }

  @Test
  void targetIsBroughtUpToDateFirst() {
    cluster.elect(1);
    cluster.node(3).holdDisk();
    cluster.propose(1, "a");
    cluster.settle();

    cluster.node(1).core().transferLeadership(id(3));
    cluster.settle();
    assertThat(cluster.delivered()).noneMatch(m -> m instanceof Message.TimeoutNow);
    cluster.node(3).releaseDisk();
    cluster.settle();

    assertThat(cluster.leader()).isEqualTo(3);
  }

  @Test
  void proposalsAreRefusedMeanwhile() {
    cluster.elect(1);
    cluster.lose(m -> m instanceof Message.TimeoutNow);

    cluster.node(1).core().transferLeadership(id(3));

    assertThat(cluster.node(1).core().proposalRefusal()).contains(Reason.TRANSFERRING);
  }

  @Test
  void transferIsGivenUpAfterAnElectionTimeout() {
    cluster.elect(1);
    cluster.lose(m -> m instanceof Message.TimeoutNow);

    cluster.node(1).core().transferLeadership(id(3));
    cluster.tickAll(CoreCluster.OPTIONS.electionTicks());

    assertThat(cluster.leader()).isEqualTo(1);
    assertThat(cluster.node(1).core().proposalRefusal()).isEmpty();
  }

  @Test
  void withoutATargetTheMostUpToDateVoterIsChosen() {
    cluster.elect(1);
    cluster.tickAll(2);
    cluster.node(2).holdDisk();
    cluster.propose(1, "a");
    cluster.settle();

    cluster.node(1).core().transferLeadership(MemberId.NONE);
    cluster.settle();

    assertThat(cluster.leader()).isEqualTo(3);
  }

  @Test
  void transferToNobodyKnownIsRefused() {
    cluster.elect(1);

    assertThat(cluster.node(1).core().transferLeadership(id(9))).contains(Reason.MEMBER_NOT_FOUND);
    assertThat(cluster.node(2).core().transferLeadership(id(1))).contains(Reason.NO_LEADER);
    assertThat(cluster.node(1).core().transferLeadership(id(1))).isEmpty();
    assertThat(cluster.node(1).core().isTransferring()).isFalse();
  }
}
