package io.raftkv.core;

import static io.raftkv.core.CoreCluster.entry;
import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.core.RoleName;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Raft paper 5.1, 5.2 and 5.4.1; figure 2, RequestVote RPC and rules for servers. */
class ElectionTest {
  private final CoreCluster cluster = new CoreCluster(3);

  private Message.VoteRequest ask(int from, int to, long term, EntryId last) {
    return new Message.VoteRequest(id(from), id(to), term, last, false, false);
  }

  private List<Message.VoteResponse> answersOf(int member) {
    cluster.settle();
    return cluster.delivered().stream()
        .filter(m -> m instanceof Message.VoteResponse && m.from().equals(id(member)))
        .map(m -> (Message.VoteResponse) m)
        .toList();
  }

  @Test
  void serversStartAsFollowers() { // 5.2
    for (CoreNode node : cluster.nodes()) {
      assertThat(node.core().roleName()).isEqualTo(RoleName.FOLLOWER);
      assertThat(node.core().leader()).isEqualTo(MemberId.NONE);
    }
  }

  @Test
  void candidateIncrementsItsTermAndVotesForItself() { // 5.2
    cluster.node(2).holdDisk();
    cluster.node(3).holdDisk();
    long term = cluster.node(1).core().term();

    cluster.campaign(1);

    assertThat(cluster.node(1).core().roleName()).isEqualTo(RoleName.CANDIDATE);
    assertThat(cluster.node(1).core().term()).isEqualTo(term + 1);
    assertThat(cluster.node(1).diskHardState()).isEqualTo(new HardState(term + 1, id(1)));
  }

  @Test
  void majorityOfVotesMakesALeader() { // 5.2
    CoreCluster five = new CoreCluster(5);
    five.node(4).crash();
    five.node(5).crash();

    five.elect(1);

    assertThat(five.leader()).isEqualTo(1);
  }

  @Test
  void minorityOfVotesDoesNot() { // 5.2
    CoreCluster five = new CoreCluster(5);
    five.node(3).crash();
    five.node(4).crash();
    five.node(5).crash();

    five.tickAll(100);

    assertThat(five.leader()).isZero();
  }

  @Test
  void leaderSendsHeartbeatsThatKeepItsPlace() { // 5.2
    cluster.elect(1);

    cluster.tickAll(200);

    assertThat(cluster.leader()).isEqualTo(1);
    assertThat(cluster.node(1).core().term()).isEqualTo(2);
  }

  @Test
  void voteIsGivenOncePerTerm() { // 5.2: first come, first served
    EntryId last = cluster.node(3).core().lastEntry();

    cluster.node(3).core().step(ask(1, 3, 5, last));
    cluster.node(3).core().step(ask(2, 3, 5, last));

    assertThat(answersOf(3)).extracting(Message.VoteResponse::to).containsOnly(id(1), id(2));
    assertThat(answersOf(3))
        .filteredOn(Message.VoteResponse::isGranted)
        .extracting(Message.VoteResponse::to)
        .containsOnly(id(1));
  }

  @Test
  void voteIsGivenAgainToTheSameCandidate() { // its answer may have been lost
    EntryId last = cluster.node(3).core().lastEntry();

    cluster.node(3).core().step(ask(1, 3, 5, last));
    cluster.node(3).core().step(ask(1, 3, 5, last));

    assertThat(answersOf(3)).hasSize(2).allMatch(Message.VoteResponse::isGranted);
  }

  @Test
  void voteSurvivesACrash() { // 5.2, figure 2: persistent state
    cluster.node(3).core().step(ask(1, 3, 5, cluster.node(3).core().lastEntry()));
    cluster.settle();

    cluster.node(3).crash();
    cluster.node(3).restart();
    cluster.node(3).core().step(ask(2, 3, 5, cluster.node(3).core().lastEntry()));

    assertThat(cluster.node(3).core().hardState()).isEqualTo(new HardState(5, id(1)));
    assertThat(answersOf(3)).filteredOn(Message.VoteResponse::isGranted).hasSize(1);
  }

  @Test
  void voteIsNotErasedByAnAppendOfTheSameTerm() {
    cluster.node(3).core().step(ask(1, 3, 5, cluster.node(3).core().lastEntry()));
    cluster.settle();

    cluster.node(3).core().step(new Message.HeartbeatRequest(id(1), id(3), 5, 0, 1));
    cluster.settle();

    assertThat(cluster.node(3).core().hardState()).isEqualTo(new HardState(5, id(1)));
  }

  @Test
  void requestOfAnOldTermIsRefusedWithTheNewOne() { // 5.1
    cluster.node(3).core().step(ask(1, 3, 5, cluster.node(3).core().lastEntry()));
    cluster.node(3).core().step(ask(2, 3, 4, new EntryId(9, 9)));

    assertThat(answersOf(3))
        .filteredOn(m -> m.to().equals(id(2)))
        .hasSize(1)
        .allMatch(m -> !m.isGranted() && m.term() == 5);
  }

  @Test
  void higherTermMakesALeaderAFollower() { // 5.1
    cluster.elect(1);

    cluster
        .node(1)
        .core()
        .step(new Message.AppendResponse(id(2), id(1), 9, false, 0, 1, EntryId.ZERO));

    assertThat(cluster.node(1).core().roleName()).isEqualTo(RoleName.FOLLOWER);
    assertThat(cluster.node(1).core().term()).isEqualTo(9);
  }

  @Test
  void candidateFollowsALeaderOfItsTerm() { // 5.2
    cluster.node(2).holdDisk();
    cluster.node(3).holdDisk();
    cluster.campaign(1);
    long term = cluster.node(1).core().term();

    cluster.node(1).core().step(new Message.HeartbeatRequest(id(2), id(1), term, 0, 1));

    assertThat(cluster.node(1).core().roleName()).isEqualTo(RoleName.FOLLOWER);
    assertThat(cluster.node(1).core().leader()).isEqualTo(id(2));
  }

  @Test
  void voterRefusesALogWithALowerLastTerm() { // 5.4.1
    CoreCluster c =
        new CoreCluster(
            3,
            CoreCluster.OPTIONS,
            List.of(List.of(entry(2, 1), entry(3, 1)), List.of(entry(2, 2)), List.of(entry(2, 2))));

    c.campaign(1);
    c.tickAll(60);

    assertThat(c.leader()).isIn(2, 3);
  }

  @Test
  void voterRefusesAShorterLogOfTheSameTerm() { // 5.4.1
    CoreCluster c =
        new CoreCluster(
            3,
            CoreCluster.OPTIONS,
            List.of(
                List.of(entry(2, 1)),
                List.of(entry(2, 1), entry(3, 1)),
                List.of(entry(2, 1), entry(3, 1))));

    c.campaign(1);
    c.tickAll(60);

    assertThat(c.leader()).isIn(2, 3);
  }

  @Test
  void splitVoteIsFollowedByAnotherElection() { // 5.2: randomized timeouts
    cluster.node(3).crash();
    for (int i = 1; i <= 2; i++) {
      cluster.node(i).core().step(new Message.TimeoutNow(id(3), id(i), 1));
    }

    cluster.tickAll(100);

    assertThat(cluster.leader()).isPositive();
  }

  @Test
  void staleVoteIsNotCounted() { // answers of another term belong to another election
    cluster.node(2).holdDisk();
    cluster.node(3).holdDisk();
    cluster.campaign(1);
    long term = cluster.node(1).core().term();

    cluster.node(1).core().step(new Message.VoteResponse(id(2), id(1), term - 1, true, false));
    cluster.node(1).core().step(new Message.VoteResponse(id(2), id(1), term, true, true));

    assertThat(cluster.node(1).core().roleName()).isEqualTo(RoleName.CANDIDATE);
  }

  @Test
  void ownVoteCountsOnlyWhenDurable() { // law 1
    CoreCluster one = new CoreCluster(1);
    one.node(1).holdDisk();

    one.tickAll(20);
    assertThat(one.node(1).core().roleName()).isEqualTo(RoleName.CANDIDATE);

    one.node(1).releaseDisk();
    assertThat(one.node(1).core().isLeader()).isTrue();
  }

  @Test
  void preVoteChangesNothingAtTheVoter() { // thesis 9.6
    cluster
        .node(3)
        .core()
        .step(
            new Message.VoteRequest(
                id(1), id(3), 7, cluster.node(3).core().lastEntry(), true, false));
    cluster.settle();

    assertThat(cluster.node(3).core().hardState()).isEqualTo(new HardState(1, MemberId.NONE));
    assertThat(answersOf(3))
        .hasSize(1)
        .allMatch(m -> m.isGranted() && m.isPreVote() && m.term() == 7);
  }

  @Test
  void voteIsRefusedWhileALeaderIsHeard() { // thesis 4.2.3
    cluster.elect(1);
    cluster.tickAll(2);

    cluster.node(3).core().step(ask(2, 3, 9, new EntryId(9, 9)));
    cluster.settle();

    assertThat(cluster.node(3).core().term()).isEqualTo(2);
  }

  @Test
  void voteOfATransferIsGivenAlthoughALeaderIsHeard() { // thesis 4.2.3
    cluster.elect(1);
    cluster.tickAll(2);

    cluster
        .node(3)
        .core()
        .step(new Message.VoteRequest(id(2), id(3), 9, new EntryId(9, 9), false, true));
    cluster.settle();

    assertThat(cluster.node(3).diskHardState()).isEqualTo(new HardState(9, id(2)));
  }

  @Test
  void thoseWhoAskInTheSameMomentDoNotSplitTheVote() { // 5.2, avoided rather than repeated
    CoreCluster c = new CoreCluster(3, CoreCluster.OPTIONS, List.of(), number -> bound -> 0);
    c.node(1).crash();

    c.node(2).core().tick();
    c.node(3).core().tick();
    c.settle();

    assertThat(c.leader()).isEqualTo(3);
  }

  /** Heard a leader just now, and waits 10 + 3 ticks for it to speak again. */
  private CoreNode waiting() {
    cluster.elect(1);
    cluster.node(1).crash();
    CoreNode node = cluster.node(3);
    node.core().step(new Message.HeartbeatRequest(id(1), id(3), node.core().term(), 0, 99));
    cluster.tick(3, 12);
    assertThat(node.core().roleName()).isEqualTo(RoleName.FOLLOWER);
    return node;
  }

  @Test
  void grantingAVoteRestartsTheTimer() { // figure 2: or granting vote to candidate
    CoreNode node = waiting();

    node.core().step(ask(2, 3, 9, node.core().lastEntry()));
    cluster.tick(3, 12);
    assertThat(node.core().roleName()).isEqualTo(RoleName.FOLLOWER);

    cluster.tick(3, 1);
    assertThat(node.core().roleName()).isNotEqualTo(RoleName.FOLLOWER);
  }

  @Test
  void refusingAVoteDoesNot() { // it may be the only one that can win
    CoreNode node = waiting();

    node.core().step(ask(2, 3, 9, EntryId.ZERO));
    cluster.settle();
    cluster.tick(3, 1);

    assertThat(node.core().roleName()).isNotEqualTo(RoleName.FOLLOWER);
  }
}
