package io.raftkv.core;

import static io.raftkv.core.CoreCluster.entry;
import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.core.RoleName;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How soon a leader is replaced: by the connection to it, or by its silence. */
class FailoverTest {
  private static final RaftOptions OPTIONS = CoreCluster.OPTIONS.withTimeouts(10, 100);

  private CoreCluster cluster = new CoreCluster(3, OPTIONS, List.of());

  private void elect(int number) {
    for (int tick = 0; tick < 400 && !cluster.node(number).core().isLeader(); tick++) {
      cluster.tick(number, 1);
    }
    cluster.tickAll(20);
    assertThat(cluster.leader()).isEqualTo(number);
  }

  private Message.AppendRequest appendOfTheLeader(int to) {
    var leader = cluster.node(1).core();
    EntryId last = leader.lastEntry();
    return new Message.AppendRequest(
        id(1),
        id(to),
        leader.term(),
        last,
        List.of(entry(last.index() + 1, leader.term())),
        leader.commitIndex());
  }

  @Test
  void whatADeadLeaderSentBeforeIsTakenButDoesNotBringItBack() {
    elect(1);
    Message.AppendRequest leftover = appendOfTheLeader(2);
    cluster.node(1).crash();
    cluster.node(2).core().unreachable(id(1));
    cluster.node(3).core().unreachable(id(1));

    cluster.node(2).core().step(leftover);

    assertThat(cluster.node(2).core().lastEntry().index())
        .isEqualTo(leftover.previous().index() + 1);
    assertThat(cluster.node(2).core().leader()).isEqualTo(MemberId.NONE);
    cluster.tickAll(OPTIONS.electionTicks() / 2);
    assertThat(cluster.leader()).isEqualTo(2);
  }

  @Test
  void aLeaderThatSpeaksOnIsFollowedAgain() { // its port is closed to us, but it is well
    elect(1);
    long term = cluster.node(1).core().term();

    cluster.node(2).core().unreachable(id(1));
    cluster.tickAll(4 * OPTIONS.heartbeatTicks());

    assertThat(cluster.leader()).isEqualTo(1);
    assertThat(cluster.node(1).core().term()).isEqualTo(term);
    assertThat(cluster.node(2).core().leader()).isEqualTo(id(1));
  }

  @Test
  void aSlowDiskDoesNotThrowAWonElectionAway() {
    elect(1);
    cluster.node(1).crash();
    cluster.node(3).holdDisk();
    cluster.node(2).core().unreachable(id(1));
    cluster.node(3).core().unreachable(id(1));
    while (cluster.node(2).core().roleName() != RoleName.CANDIDATE) {
      cluster.tick(2, 1);
    }
    long term = cluster.node(2).core().term();

    // Neither the candidate nor who votes for it loses patience.
    cluster.tickAll(OPTIONS.electionTicks() / 4 - 1);
    cluster.node(3).releaseDisk();
    cluster.settle();

    assertThat(cluster.leader()).isEqualTo(2);
    assertThat(cluster.node(2).core().term()).isEqualTo(term);
  }

  @Test
  void whoCouldWinDoesNotWaitWhenWhoCannotHasAsked() {
    // n2 draws the longest waits.
    cluster = new CoreCluster(3, OPTIONS, List.of(), n -> bound -> n == 2 ? bound - 1 : n % bound);
    elect(1);
    cluster.cut(1, 3);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.node(1).crash();
    long silence = 0;
    while (cluster.node(3).core().roleName() == RoleName.FOLLOWER) {
      // n2 heard of the leader last; nobody is sticky any more when n3 asks.
      cluster.tick(2, silence < OPTIONS.electionTicks() ? 1 : 0);
      cluster.tick(3, 1);
      silence++;
    }

    cluster.tick(2, 2 * OPTIONS.reconnectTicksMax());

    assertThat(cluster.leader()).isEqualTo(2);
  }

  @Test
  void ticksThatComeTogetherAreOneCampaign() {
    cluster.node(1).crash();
    cluster.node(3).crash();

    for (int tick = 0; tick < 5 * OPTIONS.electionTicks(); tick++) {
      cluster.node(2).core().tick();
    }
    long asked =
        cluster.node(2).core().ready().messages().stream()
            .filter(m -> m instanceof Message.VoteRequest && m.to().equals(id(3)))
            .count();

    assertThat(asked).isEqualTo(1);
  }

  @Test
  void aFailedPreVoteIsRepeatedBeforeAnotherSilence() {
    elect(1);
    cluster.node(1).crash();
    // n3 was the last to hear the leader, and refuses once.
    while (cluster.node(2).core().roleName() == RoleName.FOLLOWER) {
      cluster.node(2).core().tick();
    }
    cluster.settle();
    assertThat(cluster.leader()).isZero();
    cluster.tick(3, OPTIONS.electionTicks());

    cluster.tick(2, OPTIONS.electionTicks() / 2);

    assertThat(cluster.leader()).isEqualTo(2);
  }

  // Promises and requests travel on connections of their own, and overtake each other.

  @Test
  void whoHasPromisedLetsTheOtherAskForVotesFirst() {
    elect(1);
    long term = cluster.node(1).core().term();
    loseTheLeader();
    cluster.delay(FailoverTest::isPromiseToThree);
    while (cluster.node(3).core().roleName() == RoleName.FOLLOWER) {
      cluster.tick(3, 1);
    }

    // Were it to ask now, it would be promised n3's vote, and both would vote for themselves.
    cluster.node(2).holdDisk();
    cluster.tick(2, OPTIONS.reconnectTicksMax());
    cluster.arrive();
    cluster.node(2).releaseDisk();
    cluster.settle();

    assertThat(cluster.leader()).isEqualTo(3);
    assertThat(cluster.node(3).core().term()).isEqualTo(term + 1);
  }

  @Test
  void whoHasPromisedOnceDoesNotWaitForWhoAsksAgainAndAgain() {
    elect(1);
    loseTheLeader();
    cluster.lose(FailoverTest::isPromiseToThree);

    for (int tick = 0; tick < 4 * OPTIONS.reconnectTicksMax(); tick++) {
      cluster.tick(3, 1);
      cluster.tick(2, 1);
    }

    assertThat(cluster.leader()).isEqualTo(2);
  }

  private void loseTheLeader() {
    cluster.node(1).crash();
    cluster.node(2).core().unreachable(id(1));
    cluster.node(3).core().unreachable(id(1));
  }

  private static boolean isPromiseToThree(Message m) {
    return m instanceof Message.VoteResponse response
        && response.isPreVote()
        && m.to().equals(id(3));
  }
}
