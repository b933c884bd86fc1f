package io.raftkv.core;

import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException.Reason;
import io.raftkv.raft.core.RoleName;
import org.junit.jupiter.api.Test;

/** Raft thesis 4.2.1: members without a vote. n1, n2 and n3 have one, n4 has none. */
class LearnerTest {
  private final CoreCluster cluster = CoreCluster.withLearner(4);

  @Test
  void learnerIsReplicatedTo() {
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.tickAll(3);

    assertThat(cluster.node(4).diskEntries()).isEqualTo(cluster.node(1).diskEntries());
    assertThat(cluster.node(4).core().commitIndex()).isEqualTo(3);
  }

  @Test
  void learnerDoesNotCountForACommit() {
    cluster.elect(1);
    cluster.tickAll(3);
    cluster.node(2).crash();
    cluster.node(3).crash();

    cluster.propose(1, "a");
    cluster.settle();

    assertThat(cluster.node(4).core().lastEntry().index()).isEqualTo(3);
    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(2);
  }

  @Test
  void learnerIsNotAskedForItsVote() {
    cluster.node(2).crash();
    cluster.node(3).crash();

    cluster.tickAll(100);

    assertThat(cluster.leader()).isZero();
    assertThat(cluster.delivered()).noneMatch(m -> m instanceof Message.VoteRequest);
  }

  @Test
  void voteOfALearnerDoesNotCount() {
    cluster.node(2).holdDisk();
    cluster.node(3).holdDisk();
    cluster.campaign(1);
    long term = cluster.node(1).core().term();

    cluster.node(1).core().step(new Message.VoteResponse(id(4), id(1), term, true, false));

    assertThat(cluster.node(1).core().roleName()).isEqualTo(RoleName.CANDIDATE);
  }

  @Test
  void learnerNeverCampaigns() {
    for (int voter = 1; voter <= 3; voter++) {
      cluster.node(voter).crash();
    }
    long term = cluster.node(4).core().term();

    cluster.tick(4, 100);

    assertThat(cluster.node(4).core().roleName()).isEqualTo(RoleName.FOLLOWER);
    assertThat(cluster.node(4).core().term()).isEqualTo(term);
  }

  @Test
  void learnerDoesNotTakeOver() { // thesis 3.10
    cluster.elect(1);
    cluster.tickAll(3);
    long term = cluster.node(1).core().term();

    assertThat(cluster.node(1).core().transferLeadership(id(4))).contains(Reason.TRANSFER_FAILED);
    cluster.node(4).core().step(new Message.TimeoutNow(id(1), id(4), term));
    cluster.settle();

    assertThat(cluster.node(4).core().roleName()).isEqualTo(RoleName.FOLLOWER);
    assertThat(cluster.node(4).core().term()).isEqualTo(term);
  }

  @Test
  void answerOfALearnerDoesNotConfirmARead() { // thesis 6.4
    cluster.elect(1);
    cluster.tickAll(3);
    cluster.node(2).crash();
    cluster.node(3).crash();

    cluster.node(1).core().readIndex(7);
    cluster.settle();

    assertThat(cluster.node(1).reads()).isEmpty();
  }
}
