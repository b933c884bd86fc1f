package io.raftkv.core;

import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.Message;
import io.raftkv.raft.core.ReadState;
import org.junit.jupiter.api.Test;

/** Raft thesis 6.4: reads without the log. */
class ReadIndexTest {
  private final CoreCluster cluster = new CoreCluster(3);

  @Test
  void readIsConfirmedAtTheCommitIndex() {
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();

    cluster.node(1).core().readIndex(7);
    cluster.settle();

    assertThat(cluster.node(1).reads())
        .containsExactly(new ReadState(7, cluster.node(1).core().commitIndex()));
  }

  @Test
  void singleMemberConfirmsByItself() {
    CoreCluster one = new CoreCluster(1);
    one.elect(1);

    one.node(1).core().readIndex(7);
    one.settle();

    assertThat(one.node(1).reads()).hasSize(1).allMatch(ReadState::isConfirmed);
  }

  @Test
  void roundThatBeganBeforeTheReadDoesNotConfirmIt() {
    cluster.elect(1);
    cluster.lose(m -> m instanceof Message.HeartbeatResponse);
    cluster.node(1).core().readIndex(1);
    cluster.settle();
    long answered =
        cluster.delivered().stream()
            .filter(m -> m instanceof Message.HeartbeatRequest)
            .mapToLong(m -> ((Message.HeartbeatRequest) m).readSequence())
            .max()
            .orElseThrow();

    cluster.node(1).core().readIndex(2);
    long term = cluster.node(1).core().term();
    cluster.node(1).core().step(new Message.HeartbeatResponse(id(2), id(1), term, answered));
    cluster.settle();

    assertThat(cluster.node(1).reads()).extracting(ReadState::readId).containsExactly(1L);
  }

  @Test
  void readThatNoQuorumConfirmsFailsWhenTheLeaderStepsDown() {
    cluster.elect(1);
    cluster.node(2).crash();
    cluster.node(3).crash();

    cluster.node(1).core().readIndex(7);
    cluster.settle();
    assertThat(cluster.node(1).reads()).isEmpty();
    cluster.tickAll(2 * CoreCluster.OPTIONS.electionTicks());

    assertThat(cluster.node(1).reads()).hasSize(1).noneMatch(ReadState::isConfirmed);
  }

  @Test
  void followerAsksTheLeader() {
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();

    cluster.node(2).core().readIndex(7);
    cluster.settle();

    assertThat(cluster.node(2).reads())
        .containsExactly(new ReadState(7, cluster.node(1).core().commitIndex()));
  }

  @Test
  void followerWhoseQuestionIsLostGivesUpAfterAnElectionTimeout() {
    cluster.elect(1);
    cluster.lose(m -> m instanceof Message.ReadIndexRequest);

    cluster.node(2).core().readIndex(7);
    cluster.tickAll(CoreCluster.OPTIONS.electionTicks() + 1);

    assertThat(cluster.node(2).reads()).containsExactly(new ReadState(7, -1));
  }

  @Test
  void answerOfAnEarlierQuestionIsNotTakenForThisOne() { // a retry gets a new id
    cluster.elect(1);
    cluster.lose(m -> m instanceof Message.ReadIndexRequest);
    cluster.node(2).core().readIndex(7);
    cluster.settle();
    long term = cluster.node(2).core().term();

    cluster.node(2).core().step(new Message.ReadIndexResponse(id(1), id(2), term, 0, 1, true));
    cluster.settle();

    assertThat(cluster.node(2).reads()).isEmpty();
  }

  @Test
  void memberThatDoesNotLeadConfirmsNothing() {
    cluster.elect(1);
    long term = cluster.node(2).core().term();

    cluster.node(2).core().step(new Message.ReadIndexRequest(id(3), id(2), term, 9));
    cluster.settle();

    assertThat(cluster.delivered())
        .contains(new Message.ReadIndexResponse(id(2), id(3), term, 9, 0, false));
  }

  @Test
  void memberWithoutALeaderFailsAtOnce() {
    cluster.node(1).core().readIndex(7);
    cluster.settle();

    assertThat(cluster.node(1).reads()).containsExactly(new ReadState(7, -1));
  }

  /** Its sender may lead the newer term by now, and has counted its rounds anew since. */
  @Test
  void answerToAHeartbeatOfAnOlderTermConfirmsNoRound() {
    cluster.node(3).core().step(new Message.HeartbeatRequest(id(1), id(3), 5, 0, 1));
    cluster.settle();

    cluster.node(3).core().step(new Message.HeartbeatRequest(id(1), id(3), 4, 0, 77));
    cluster.settle();

    assertThat(cluster.delivered())
        .filteredOn(m -> m instanceof Message.HeartbeatResponse)
        .extracting(m -> ((Message.HeartbeatResponse) m).readSequence())
        .containsExactly(1L, 0L);
  }

  @Test
  void indexOfAReadIsTheOneAtItsArrival() { // what is committed later need not be waited for
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    long before = cluster.node(1).core().commitIndex();
    cluster.lose(m -> m instanceof Message.HeartbeatResponse);

    cluster.node(1).core().readIndex(7);
    cluster.settle();
    cluster.propose(1, "b", "c");
    cluster.settle();
    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(before + 2);
    assertThat(cluster.node(1).reads()).isEmpty();
    cluster.heal();
    cluster.tickAll(3);

    assertThat(cluster.node(1).reads()).containsExactly(new ReadState(7, before));
  }

  @Test
  void readBeforeTheFirstCommitFailsWhenTheLeaderStepsDown() { // it has no index yet
    cluster.lose(m -> m instanceof Message.AppendRequest);
    cluster.elect(1);
    cluster.node(1).core().readIndex(7);
    cluster.settle();
    assertThat(cluster.node(1).reads()).isEmpty();

    cluster
        .node(1)
        .core()
        .step(new Message.AppendResponse(id(2), id(1), 9, false, 0, 1, EntryId.ZERO));
    cluster.settle();

    assertThat(cluster.node(1).reads()).containsExactly(new ReadState(7, -1));
  }
}
