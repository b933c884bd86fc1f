package io.raftkv.raft.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftException.Reason;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.Transport;
import io.raftkv.raft.node.NodeCluster.TestNode;
import io.raftkv.storage.FaultyVolumes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a caller of the node is promised. */
class RaftNodeTest {
  private final NodeCluster cluster = new NodeCluster(3);

  @AfterEach
  void close() {
    cluster.close();
  }

  private static Reason reason(CompletableFuture<?> failed) {
    assertThat(failed).isCompletedExceptionally();
    Throwable cause = failed.handle((value, failure) -> failure).join();
    while (!(cause instanceof RaftException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return ((RaftException) cause).reason();
  }

  private TestNode leader() {
    return cluster.node(cluster.elect());
  }

  private TestNode follower(int position) {
    long leader = cluster.elect();
    List<Long> others = new ArrayList<>(List.of(1L, 2L, 3L));
    others.remove(leader);
    return cluster.node(others.get(position));
  }

  @Test
  void proposalCompletesWithItsOwnResult() {
    TestNode leader = leader();

    CompletableFuture<byte[]> a = leader.propose("a");
    CompletableFuture<byte[]> b = leader.propose("b");

    assertThat(a.join()).asString(StandardCharsets.UTF_8).isEqualTo("A");
    assertThat(b.join()).asString(StandardCharsets.UTF_8).isEqualTo("B");
  }

  @Test
  void followerSendsAProposalOn() {
    assertThat(follower(0).propose("a").join()).asString(StandardCharsets.UTF_8).isEqualTo("A");
  }

  @Test
  void proposalWithoutALeaderIsRefusedForCertain() {
    CompletableFuture<byte[]> early = cluster.node(1).propose("a");

    assertThat(reason(early)).isEqualTo(Reason.NO_LEADER);
  }

  @Test
  void thousandsOfRefusalsAtATimeAreAnswered() {
    List<CompletableFuture<byte[]>> all = new ArrayList<>();
    for (int i = 0; i < 40_000; i++) {
      all.add(cluster.node(1).node.propose(new byte[1]));
    }
    cluster.settle();

    assertThat(cluster.node(1).failures).isEmpty();
    assertThat(all).allMatch(CompletableFuture::isCompletedExceptionally);
  }

  @Test
  void readBarrierOnAnyMemberSeesWhatWasWrittenBefore() {
    leader().propose("a").join();

    for (long number = 1; number <= 3; number++) {
      CompletableFuture<Void> barrier = cluster.node(number).readBarrier();
      cluster.tick(2);

      assertThat(barrier).isCompleted();
      assertThat(cluster.node(number).machine.commands()).containsExactly("a");
    }
  }

  @Test
  void readBarrierOnALeaderThatNobodyAnswersIsNotPassed() {
    TestNode old = leader();
    cluster.isolate(old.number);

    CompletableFuture<Void> barrier = old.readBarrier();

    assertThat(barrier).isNotDone();
    cluster.tick(3 * NodeCluster.OPTIONS.electionTicks());
    assertThat(reason(barrier)).isEqualTo(Reason.NO_LEADER);
  }

  @Test
  void lostLeadershipLeavesTheOutcomeUnknown() {
    TestNode old = leader();
    cluster.isolate(old.number);

    CompletableFuture<byte[]> lost = old.propose("lost");
    cluster.tick(3 * NodeCluster.OPTIONS.electionTicks());

    assertThat(reason(lost)).isEqualTo(Reason.LEADERSHIP_LOST);
    assertThat(Reason.LEADERSHIP_LOST.isNotApplied()).isFalse();
  }

  /** The index that a proposal waits at may come to hold a command of another leader. */
  @Test
  void entryOfAnotherLeaderAtItsIndexDoesNotAnswerAProposal() {
    TestNode old = leader();
    cluster.isolate(old.number);
    CompletableFuture<byte[]> first = old.propose("lost");
    CompletableFuture<byte[]> second = old.propose("lost too");
    // Paused, it does not notice that it no longer leads.
    old.hold("core");
    TestNode next = leader();
    next.propose("other").join();
    long taken = next.node.status().commitIndex();
    cluster.heal();
    cluster.tick(4);

    old.release("core");
    cluster.tick(4);

    assertThat(reason(first)).isEqualTo(Reason.LEADERSHIP_LOST);
    assertThat(reason(second)).isEqualTo(Reason.LEADERSHIP_LOST);
    assertThat(old.node.status().commitIndex()).isEqualTo(taken);
    assertThat(old.machine.commands()).containsExactly("other");
  }

  @Test
  void forwardedProposalWhoseLeaderIsLostLeavesTheOutcomeUnknown() {
    TestNode follower = follower(0);
    cluster.isolate(cluster.leader());

    CompletableFuture<byte[]> lost = follower.propose("lost");
    assertThat(lost).isNotDone();
    cluster.tick(5 * NodeCluster.OPTIONS.electionTicks());

    assertThat(reason(lost)).isEqualTo(Reason.LEADERSHIP_LOST);
  }

  @Test
  void forwardThatCannotLeaveIsRefusedForCertainAtOnce() {
    TestNode follower = follower(0);

    follower.offer = Transport.Offer.FULL;
    assertThat(reason(follower.propose("a"))).isEqualTo(Reason.QUEUE_FULL);
    follower.offer = Transport.Offer.NOT_CONNECTED;
    assertThat(reason(follower.propose("b"))).isEqualTo(Reason.NO_LEADER);
    assertThat(reason(follower.transferTo(1))).isEqualTo(Reason.NO_LEADER);

    follower.offer = Transport.Offer.QUEUED;
    follower.propose("c").join();
    assertThat(follower.machine.commands()).doesNotContain("a", "b");
  }

  @Test
  void forwardsWhoseStreamBreaksAreUnknownAtOnce() {
    TestNode follower = follower(0);
    long leader = cluster.leader();
    cluster.isolate(leader);
    CompletableFuture<byte[]> lost = follower.propose("lost");
    assertThat(lost).isNotDone();

    follower.forwardsLost(leader);

    assertThat(reason(lost)).isEqualTo(Reason.LEADERSHIP_LOST);
  }

  @Test
  void forwardThatALeaderHasNoRoomForIsRefusedForCertain() {
    TestNode follower = follower(0);
    TestNode leader = leader();
    leader.hold("core");
    for (int i = 0; i < 1 << 14; i++) {
      leader.receive(
          new Message.TimeoutNow(new MemberId(follower.number), new MemberId(leader.number), 0));
    }

    CompletableFuture<byte[]> refused = follower.propose("a");

    assertThat(reason(refused)).isEqualTo(Reason.QUEUE_FULL);
    leader.release("core");
    cluster.settle();
    assertThat(leader.machine.commands()).doesNotContain("a");
  }

  @Test
  void forwardThatIsNoCommandIsRefusedBeforeItIsInTheLog() {
    TestNode follower = follower(0);
    TestNode leader = leader();
    leader.isCommand = command -> command.length == 1;
    long lastIndex = leader.node.status().lastIndex();

    assertThat(reason(follower.propose("poison"))).isEqualTo(Reason.UNKNOWN_COMMAND);

    assertThat(leader.node.status().lastIndex()).isEqualTo(lastIndex);
    follower.propose("a").join();
  }

  @Test
  void leaderWithoutRoomRefusesWhatNeedsItAndGoesOnLeadingWhereNobodyHasAny() {
    TestNode follower = follower(0);
    TestNode leader = leader();
    cluster.fillDisks(true);
    long lastIndex = leader.node.status().lastIndex();

    CompletableFuture<byte[]> forwarded = follower.propose("long");
    CompletableFuture<byte[]> own = leader.propose("long");

    assertThat(reason(forwarded)).isEqualTo(Reason.DISK_FULL);
    assertThat(reason(own)).isEqualTo(Reason.DISK_FULL);
    assertThat(leader.node.status().lastIndex()).isEqualTo(lastIndex);
    follower.propose("a").join();
    cluster.fillDisks(false);
    follower.propose("long").join();
  }

  @Test
  void termFarAboveOursIsNotTakenOver() {
    TestNode follower = follower(0);
    long term = follower.node.status().term();
    MemberId from = new MemberId(cluster.leader());
    MemberId to = new MemberId(follower.number);

    follower.receive(new Message.HeartbeatRequest(from, to, 1L << 59, 0, 1));
    follower.receive(new Message.VoteRequest(from, to, 1L << 59, EntryId.ZERO, false, true));
    follower.receive(
        new Message.SnapshotChunk(
            from, to, 1L << 59, new EntryId(50, 1L << 59), 1, 0, new byte[1], 0));
    cluster.settle();

    assertThat(follower.node.status().term()).isEqualTo(term);
    assertThat(follower.node.stats().termsRefused()).isEqualTo(3);
    follower.propose("a").join();
  }

  @Test
  void memberIsFreshOnlyOnceItHasAppliedWhatTheLeaderHasCommitted() {
    TestNode follower = follower(0);
    TestNode leader = leader();
    cluster.tick(4);
    long before = follower.node.status().freshAtNanos();
    assertThat(before).isGreaterThan(Long.MIN_VALUE);

    follower.hold("apply");
    leader.propose("a").join();
    cluster.tick(20);
    long held = follower.node.status().freshAtNanos();
    assertThat(leader.node.status().freshAtNanos() - held)
        .as("heartbeats alone do not make it fresh")
        .isGreaterThan(Duration.ofMillis(150).toNanos());

    follower.release("apply");
    cluster.tick(1);
    assertThat(follower.node.status().freshAtNanos())
        .isGreaterThan(held + Duration.ofMillis(150).toNanos());
  }

  @Test
  void transferAskedOfTheLeaderEndsWithTheNewOne() {
    TestNode old = leader();
    long target = follower(1).number;

    CompletableFuture<MemberId> done = old.transferTo(target);

    assertThat(done.join()).isEqualTo(new MemberId(target));
    assertThat(cluster.leader()).isEqualTo(target);
  }

  @Test
  void transferAskedOfAFollowerEndsWithTheNewLeader() {
    for (int asked = 0; asked <= 1; asked++) {
      for (int wanted = 0; wanted <= 1; wanted++) {
        TestNode follower = follower(asked);
        long target = follower(wanted).number;

        CompletableFuture<MemberId> done = follower.transferTo(target);
        cluster.tick(2);

        assertThat(done).as("n%d asks for n%d", follower.number, target).isDone();
        assertThat(done.join()).isEqualTo(new MemberId(target));
      }
    }
  }

  @Test
  void whatIsAskedWhileLeadershipIsHandedOverIsDoneByTheNextLeader() {
    TestNode old = leader();
    TestNode next = follower(0);
    next.hold("core");
    old.transferTo(next.number);

    CompletableFuture<byte[]> write = old.propose("a");
    CompletableFuture<Void> read = old.readBarrier();
    assertThat(write).isNotDone();
    next.release("core");
    cluster.settle();

    assertThat(cluster.leader()).isEqualTo(next.number);
    assertThat(write).isCompleted();
    assertThat(read).isCompleted();
    assertThat(next.machine.commands()).contains("a");
  }

  @Test
  void readOfALeaderThatStepsDownIsConfirmedByTheNextOneIfItHearsOfThatAtOnce() {
    TestNode old = leader();
    cluster.isolate(old.number);
    CompletableFuture<Void> read = old.readBarrier();
    // Paused, it hears in one turn that it no longer leads, and who does.
    old.hold("core");
    TestNode next = leader();
    next.propose("a").join();
    cluster.heal();
    cluster.tick(4);
    assertThat(read).isNotDone();

    old.release("core");
    cluster.settle();

    assertThat(read).isCompleted();
    assertThat(old.machine.commands()).containsExactly("a");
  }

  @Test
  void whatWaitsForALeaderThatDoesNotComeIsDoneByTheOldOne() {
    TestNode old = leader();
    TestNode next = follower(0);
    cluster.isolate(next.number);
    old.transferTo(next.number);

    CompletableFuture<byte[]> write = old.propose("a");
    assertThat(write).isNotDone();
    cluster.tick(2 * NodeCluster.OPTIONS.electionTicks());

    assertThat(write).isCompleted();
    assertThat(cluster.leader()).isEqualTo(old.number);
  }

  @Test
  void whatWaitsForALeaderIsRefusedForCertainIfThereIsNoneInTime() {
    TestNode old = leader();
    TestNode next = follower(0);
    cluster.isolate(next.number);
    cluster.isolate(follower(1).number);
    old.transferTo(next.number);
    old.receive(
        new Message.VoteRequest(
            new MemberId(next.number),
            new MemberId(old.number),
            old.node.status().term() + 1,
            new EntryId(old.node.status().lastIndex(), old.node.status().term()),
            false,
            true));
    cluster.settle();
    assertThat(old.node.status().isLeader()).isFalse();

    CompletableFuture<byte[]> write = old.propose("a");
    CompletableFuture<Void> read = old.readBarrier();
    assertThat(write).isNotDone();
    assertThat(read).isNotDone();
    cluster.tick(2 * NodeCluster.OPTIONS.electionTicks());

    assertThat(reason(write)).isEqualTo(Reason.NO_LEADER);
    assertThat(reason(read)).isEqualTo(Reason.NO_LEADER);
  }

  /** Neither the leader nor the third member is heard. */
  private TestNode memberThatHasJustLostItsLeader() {
    TestNode old = leader();
    TestNode asked = follower(0);
    follower(1).hold("core");
    cluster.isolate(old.number);
    while (!asked.node.status().leader().isNone()) {
      cluster.tick(1);
    }
    return asked;
  }

  @Test
  void whatIsAskedOfAMemberThatHasJustLostItsLeaderIsDoneByTheNextOne() {
    TestNode third = follower(1);
    TestNode asked = memberThatHasJustLostItsLeader();

    CompletableFuture<byte[]> write = asked.propose("a");
    CompletableFuture<Void> read = asked.readBarrier();
    assertThat(write).isNotDone();
    assertThat(read).isNotDone();
    third.release("core");
    TestNode next = leader();
    cluster.tick(2);

    assertThat(write).isCompleted();
    assertThat(read).isCompleted();
    assertThat(next.machine.commands()).containsExactly("a");
  }

  @Test
  void whatWaitsWhereTheLeaderWasLostIsRefusedForCertainInTimeAndWhatFollowsAtOnce() {
    TestNode asked = memberThatHasJustLostItsLeader();
    CompletableFuture<byte[]> write = asked.propose("a");
    CompletableFuture<Void> read = asked.readBarrier();

    cluster.tick(NodeCluster.OPTIONS.electionTicks() + 1);

    assertThat(reason(write)).isEqualTo(Reason.NO_LEADER);
    assertThat(reason(read)).isEqualTo(Reason.NO_LEADER);
    assertThat(reason(asked.propose("b"))).isEqualTo(Reason.NO_LEADER);
    assertThat(reason(asked.readBarrier())).isEqualTo(Reason.NO_LEADER);
  }

  /** The next one may be elected where it cannot hear of it; whoever asks should ask there. */
  @Test
  void leaderThatNobodyFollowsAnyMoreLetsNobodyWait() {
    TestNode old = leader();
    cluster.isolate(old.number);
    while (old.node.status().isLeader()) {
      cluster.tick(1);
    }

    assertThat(reason(old.propose("a"))).isEqualTo(Reason.NO_LEADER);
    assertThat(reason(old.readBarrier())).isEqualTo(Reason.NO_LEADER);
  }

  @Test
  void readThatIsUnderWayWhenLeadershipIsHandedOverIsAskedOfTheNextLeader() {
    TestNode old = leader();
    TestNode next = follower(0);
    next.hold("core");
    follower(1).hold("core");
    old.transferTo(next.number);
    CompletableFuture<Void> read = old.readBarrier();
    assertThat(read).as("nobody confirms it").isNotDone();

    next.release("core");
    cluster.tick(2);

    assertThat(cluster.leader()).isEqualTo(next.number);
    assertThat(read).isCompleted();
  }

  @Test
  void whatIsForwardedToALeaderThatHandsOverIsRefusedAtOnceForCertain() {
    TestNode old = leader();
    TestNode next = follower(0);
    TestNode asked = follower(1);
    next.hold("core");
    old.transferTo(next.number);

    CompletableFuture<byte[]> write = asked.propose("a");
    assertThat(reason(write)).isEqualTo(Reason.TRANSFERRING);
    next.release("core");
    cluster.settle();

    assertThat(cluster.leader()).isEqualTo(next.number);
    assertThat(next.machine.commands()).doesNotContain("a");
  }

  @Test
  void noMoreWaitForTheNextLeaderThanCanBeForwardedToIt() {
    TestNode old = leader();
    TestNode next = follower(0);
    next.hold("core");
    old.transferTo(next.number);
    List<CompletableFuture<byte[]>> writes = new ArrayList<>();
    for (int i = 0; i <= Forwards.MAX; i++) {
      writes.add(old.node.propose(new byte[1]));
      if (i % (1 << 13) == 0) {
        cluster.settle();
      }
    }
    cluster.settle();

    assertThat(reason(writes.get(Forwards.MAX))).isEqualTo(Reason.TRANSFERRING);
    assertThat(writes.subList(0, Forwards.MAX)).noneMatch(CompletableFuture::isDone);
  }

  @Test
  void closeFailsWhatWaitsForTheNextLeaderForCertain() {
    TestNode old = leader();
    TestNode next = follower(0);
    next.hold("core");
    follower(1).hold("core");
    old.transferTo(next.number);
    CompletableFuture<byte[]> write = old.propose("a");
    CompletableFuture<Void> read = old.readBarrier();

    old.stop();

    assertThat(reason(write)).isEqualTo(Reason.SHUTTING_DOWN);
    assertThat(reason(read)).isEqualTo(Reason.SHUTTING_DOWN);
  }

  @Test
  void transferWhoseTargetWasToldToCampaignAndIsSilentIsUnknown() {
    TestNode old = leader();
    long target = follower(0).number;
    cluster.isolate(target);

    CompletableFuture<MemberId> done = old.transferTo(target);
    cluster.tick(2 * NodeCluster.OPTIONS.electionTicks());

    assertThat(reason(done)).isEqualTo(Reason.TIMEOUT);
    assertThat(cluster.leader()).isEqualTo(old.number);
  }

  @Test
  void transferToAMemberThatDoesNotCatchUpFailsForCertain() {
    TestNode old = leader();
    long target = follower(0).number;
    cluster.isolate(target);
    old.propose("a").join();

    CompletableFuture<MemberId> done = old.transferTo(target);
    cluster.tick(2 * NodeCluster.OPTIONS.electionTicks());

    assertThat(reason(done)).isEqualTo(Reason.TRANSFER_FAILED);
    assertThat(cluster.leader()).isEqualTo(old.number);
  }

  @Test
  void closeFailsWhatIsUnderWayAsUnknownAndWhatWasNotTakenForCertain() {
    TestNode leader = leader();
    cluster.isolate(leader.number);
    CompletableFuture<byte[]> underWay = leader.propose("a");
    CompletableFuture<Void> read = leader.readBarrier();
    CompletableFuture<byte[]> notTaken = leader.node.propose(new byte[1]);

    leader.stop();

    assertThat(reason(underWay)).isEqualTo(Reason.STOPPED);
    assertThat(reason(notTaken)).isEqualTo(Reason.SHUTTING_DOWN);
    assertThat(reason(read)).isEqualTo(Reason.SHUTTING_DOWN);
    assertThat(reason(leader.node.propose(new byte[1]))).isEqualTo(Reason.SHUTTING_DOWN);
  }

  @Test
  void failedSyncStopsTheNodeAndNothingIsAnswered() { // law 3
    TestNode follower = follower(0);
    TestNode leader = leader();
    cluster.isolate(follower(1).number);
    follower.log.isBroken = true;

    CompletableFuture<byte[]> answer = leader.propose("a");
    cluster.tick(2);

    // The one that is left would have made a majority.
    assertThat(follower.failures).hasSize(1);
    assertThat(answer).isNotDone();
  }

  @Test
  void failedSyncOfALeaderAnswersNothing() { // law 3
    NodeCluster one = new NodeCluster(1);
    one.elect();
    one.node(1).log.isBroken = true;

    CompletableFuture<byte[]> answer = one.node(1).propose("a");
    assertThat(answer).isNotDone();
    one.close();

    assertThat(one.node(1).failures).hasSize(1);
    assertThat(reason(answer)).isEqualTo(Reason.STOPPED);
  }

  @Test
  void proposalsThatAStateMachineBrokeOnAreEndedByClose() {
    NodeCluster one = new NodeCluster(1);
    one.elect();
    one.node(1).machine.isBroken = true;

    CompletableFuture<byte[]> answer = one.node(1).propose("a");
    one.close();

    assertThat(one.node(1).failures).hasSize(1);
    assertThat(reason(answer)).isEqualTo(Reason.STOPPED);
  }

  @Test
  void restartOfAllKeepsWhatWasAcknowledged() {
    leader().propose("a").join();
    for (long number = 1; number <= 3; number++) {
      cluster.node(number).stop();
      cluster.node(number).start();
    }

    leader().propose("b").join();

    assertThat(leader().machine.commands()).containsExactly("a", "b");
  }

  /** etcd #3879, Consul #2644: who had just started answered from a state not yet brought up. */
  @Test
  void readAfterARestartOfAllWaitsUntilWhatWasWrittenIsApplied() {
    leader().propose("a").join();
    for (long number = 1; number <= 3; number++) {
      cluster.node(number).stop();
      cluster.node(number).start();
      cluster.node(number).hold("apply");
    }
    TestNode follower = follower(0);
    TestNode leader = leader();
    // It hears how far it may apply only once the leader has applied that.
    follower.release("apply");

    List<CompletableFuture<Void>> barriers = List.of(leader.readBarrier(), follower.readBarrier());
    cluster.tick(4);
    assertThat(follower.machine.commands()).isEmpty();
    assertThat(barriers).noneMatch(CompletableFuture::isDone);
    leader.release("apply");
    cluster.tick(4);

    assertThat(barriers).allMatch(CompletableFuture::isDone);
    assertThat(barriers).noneMatch(CompletableFuture::isCompletedExceptionally);
    assertThat(leader.machine.commands()).containsExactly("a");
    assertThat(follower.machine.commands()).containsExactly("a");
  }

  @Test
  void restartGoesOnFromASnapshot() {
    NodeCluster small = new NodeCluster(1, NodeCluster.OPTIONS.withSnapshots(5, 1L << 40, 2));
    small.elect();
    for (int i = 0; i < 20; i++) {
      small.node(1).propose("c" + i).join();
    }
    assertThat(small.node(1).log.base().index()).isPositive();

    small.node(1).stop();
    small.node(1).start();
    small.elect();
    small.node(1).propose("last").join();

    assertThat(small.node(1).machine.commands()).hasSize(21).endsWith("c19", "last");
    small.close();
  }

  @Test
  void clusterTimeGoesOnFromTheSnapshotThatReplacedTheLog() {
    NodeCluster small = new NodeCluster(1, NodeCluster.OPTIONS.withSnapshots(1, 1L << 40, 0));
    small.elect();
    small.node(1).propose("a").join();
    small.tick(10);
    small.node(1).propose("b").join();
    small.tick(10);
    long before = small.node(1).machine.clusterTimeMillis();
    assertThat(small.node(1).log.lastIndex()).isEqualTo(small.node(1).log.base().index());

    small.node(1).stop();
    small.wallMillis = 1_000_000_000_000L;
    small.node(1).start();
    small.elect();
    small.node(1).propose("c").join();

    assertThat(small.node(1).machine.clusterTimeMillis()).isBetween(before, before + 10_000);
    small.close();
  }

  @Test
  void memberThatWasAwayComesBackBySnapshot() {
    NodeCluster small = new NodeCluster(3, NodeCluster.OPTIONS.withSnapshots(5, 1L << 40, 2));
    long leader = small.elect();
    long away = leader == 1 ? 2 : 1;
    small.node(away).stop();
    for (int i = 0; i < 20; i++) {
      small.node(leader).propose("c" + i).join();
      small.tick(1);
    }
    small.tick(2 * NodeCluster.OPTIONS.electionTicks());

    small.node(away).start();
    small.tick(4 * NodeCluster.OPTIONS.electionTicks());

    assertThat(small.node(away).machine.commands()).hasSize(20).endsWith("c19");
    assertThat(small.node(away).node.status().snapshotIndex()).isPositive();
    assertThat(small.node(away).failures).isEmpty();
    small.close();
  }

  @Test
  void leaderWhoseSnapshotRottedMakesANewOneForWhoNeedsIt() {
    NodeCluster small = new NodeCluster(3, NodeCluster.OPTIONS.withSnapshots(5, 1L << 40, 2));
    long leader = small.elect();
    long away = leader == 1 ? 2 : 1;
    small.node(away).stop();
    for (int i = 0; i < 20; i++) {
      small.node(leader).propose("c" + i).join();
      small.tick(1);
    }
    small.tick(2 * NodeCluster.OPTIONS.electionTicks());
    FaultyVolumes files = small.node(leader).snapshotFiles;
    String newest = files.list().get(files.list().size() - 1);
    files.flipBit(newest, 8L * 200);

    small.node(away).start();
    small.tick(6 * NodeCluster.OPTIONS.electionTicks());

    assertThat(small.node(away).machine.commands()).hasSize(20).endsWith("c19");
    assertThat(small.node(leader).failures).isEmpty();
    small.close();
  }

  @Test
  void logThatEndsBeforeItsOwnSnapshotIsNotReplacedByIt() {
    NodeCluster small = new NodeCluster(1, NodeCluster.OPTIONS.withSnapshots(5, 1L << 40, 2));
    small.elect();
    for (int i = 0; i < 20; i++) {
      small.node(1).propose("c" + i).join();
    }
    TestNode node = small.node(1);
    node.stop();

    node.log.truncateFrom(node.log.base().index() + 1);
    node.log.sync();

    assertThatThrownBy(node::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("synced entries are lost")
        .hasMessageNotContaining("\n");
    small.close();
  }

  @Test
  void snapshotOfAnotherLeaderWithOtherBytesStartsAnew() {
    NodeCluster small = new NodeCluster(3, NodeCluster.OPTIONS);
    TestNode node = small.node(3);
    small.isolate(1);
    small.isolate(2);
    SnapshotMeta meta = new SnapshotMeta(new EntryId(9, 7), node.node.status().configuration());
    NodeCluster.TestMachine donor = new NodeCluster.TestMachine();
    List<LogEntry> all = new ArrayList<>();
    for (long i = 1; i <= 9; i++) {
      all.add(new LogEntry(i, 7, LogEntry.Kind.COMMAND, 0, "c".getBytes(StandardCharsets.UTF_8)));
    }
    donor.apply(all);
    byte[] begun = new byte[50];
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(begun);
    node.receive(
        new Message.SnapshotChunk(
            new MemberId(2), new MemberId(3), 7, meta.last(), 77, 0, begun, (int) crc.getValue()));
    small.settle();

    send(small, node, meta, donor);

    assertThat(node.snapshots.latest()).contains(meta);
    small.close();
  }

  @Test
  void snapshotThatReplacesTheLogOverridesEntriesStillToBeAppliedFromIt() {
    // No tail to speak of: after the restart, what is committed is to be read from the log.
    RaftOptions options =
        new RaftOptions(
            2, 10, 2, 100, 1 << 20, 8, 1 << 20, 0, 0, 1 << 20, 1_000_000, 1L << 40, 0, 5);
    NodeCluster small = new NodeCluster(3, options);
    TestNode node = small.node(3);
    node.stop();
    List<LogEntry> old = new ArrayList<>();
    for (long i = 2; i <= 6; i++) {
      old.add(
          new LogEntry(
              i, 1, LogEntry.Kind.COMMAND, 0, ("old" + i).getBytes(StandardCharsets.UTF_8)));
    }
    node.log.append(old);
    node.start();
    small.isolate(1);
    small.isolate(2);
    node.hold("apply");
    node.receive(
        new Message.AppendRequest(
            new MemberId(1), new MemberId(3), 7, new EntryId(6, 1), List.of(), 6));
    small.settle();
    assertThat(node.node.status().commitIndex()).isEqualTo(6);

    SnapshotMeta meta = new SnapshotMeta(new EntryId(9, 7), node.node.status().configuration());
    NodeCluster.TestMachine donor = new NodeCluster.TestMachine();
    List<LogEntry> all = new ArrayList<>(node.log.read(1, 7, 1 << 20));
    for (long i = 7; i <= 9; i++) {
      all.add(new LogEntry(i, 7, LogEntry.Kind.COMMAND, 0, "new".getBytes(StandardCharsets.UTF_8)));
    }
    donor.apply(all);
    send(small, node, meta, donor);
    node.release("apply");
    small.settle();

    assertThat(node.failures).isEmpty();
    assertThat(node.machine.appliedIndex()).isEqualTo(9);
    small.close();
  }

  /** etcd #18055: the file of the first one was gone when its turn came, and the member stopped. */
  @Test
  void snapshotsThatComeFasterThanTheyArePutInPlaceLeaveTheNewest() {
    TestNode node = cluster.node(3);
    cluster.isolate(1);
    cluster.isolate(2);
    NodeCluster.TestMachine donor = new NodeCluster.TestMachine();
    node.hold("apply");

    for (long last = 3; last <= 12; last += 3) {
      List<LogEntry> entries = new ArrayList<>();
      for (long i = last - 2; i <= last; i++) {
        entries.add(
            new LogEntry(
                i, 7, LogEntry.Kind.COMMAND, 0, ("c" + i).getBytes(StandardCharsets.UTF_8)));
      }
      donor.apply(entries);
      send(
          cluster,
          node,
          new SnapshotMeta(new EntryId(last, 7), node.node.status().configuration()),
          donor);
    }
    node.release("apply");
    cluster.settle();

    assertThat(node.failures).isEmpty();
    assertThat(node.machine.appliedIndex()).isEqualTo(12);
    assertThat(node.machine.commands()).isEqualTo(donor.commands());
  }

  @Test
  void snapshotThatArrivedWholeBeforeACrashIsUsed() {
    NodeCluster small = new NodeCluster(3, NodeCluster.OPTIONS);
    TestNode node = small.node(3);
    small.isolate(1);
    small.isolate(2);
    SnapshotMeta meta = new SnapshotMeta(new EntryId(9, 7), node.node.status().configuration());
    NodeCluster.TestMachine donor = new NodeCluster.TestMachine();
    List<LogEntry> all = new ArrayList<>();
    for (long i = 1; i <= 9; i++) {
      all.add(new LogEntry(i, 7, LogEntry.Kind.COMMAND, 0, "c".getBytes(StandardCharsets.UTF_8)));
    }
    donor.apply(all);
    byte[] file = fileOf(meta, donor);
    // The crash came after the last byte, and before the file got its name.
    try (SnapshotStore.Receiver receiver = node.snapshots.receive(meta.last(), file.length)) {
      receiver.write(file);
    }

    send(small, node, meta, donor);

    assertThat(node.snapshots.latest()).contains(meta);
    assertThat(node.machine.appliedIndex()).isEqualTo(9);
    small.close();
  }

  private static byte[] fileOf(SnapshotMeta meta, NodeCluster.TestMachine state) {
    try (var store = new io.raftkv.storage.MemorySnapshots()) {
      try (SnapshotStore.Sink sink = store.create(meta)) {
        state.freeze().writeTo(sink.stream());
        sink.commit();
      }
      try (SnapshotStore.Source source = store.open(meta.index())) {
        return source.read(0, (int) source.totalBytes());
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** As a leader's snapshot lane would. */
  private static void send(
      NodeCluster cluster, TestNode to, SnapshotMeta meta, NodeCluster.TestMachine state) {
    byte[] data = fileOf(meta, state);
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(data);
    to.receive(
        new Message.SnapshotChunk(
            new MemberId(1),
            new MemberId(to.number),
            7,
            meta.last(),
            data.length,
            0,
            data,
            (int) crc.getValue()));
    cluster.settle();
  }

  @Test
  void bootstrapThatACrashCutInHalfIsDoneAgain() {
    // The record with the term reached the disk, the one with the first entry did not.
    NodeCluster.TestLog log = new NodeCluster.TestLog();
    log.saveHardState(new HardState(1, MemberId.NONE));

    RaftNode.bootstrap(
        log, cluster.node(1).snapshots, cluster.node(1).node.status().configuration());

    assertThat(log.lastIndex()).isEqualTo(1);
  }

  /** Newer ones are durable before the core has heard of them. */
  @Test
  void snapshotStaysUntilItsTurnHasCome() {
    TestNode node = cluster.node(3);
    cluster.isolate(1);
    cluster.isolate(2);
    NodeCluster.TestMachine donor = new NodeCluster.TestMachine();
    SnapshotMeta first = new SnapshotMeta(new EntryId(3, 7), node.node.status().configuration());
    for (long last = 3; last <= 9; last += 3) {
      List<LogEntry> entries = new ArrayList<>();
      for (long i = last - 2; i <= last; i++) {
        entries.add(new LogEntry(i, 7, LogEntry.Kind.COMMAND, 0, new byte[] {'c'}));
      }
      donor.apply(entries);
      node.hold("apply");
      send(cluster, node, new SnapshotMeta(new EntryId(last, 7), first.configuration()), donor);
      node.hold("core");
    }
    node.release("apply");
    cluster.settle();
    node.release("core");
    cluster.settle();

    assertThat(node.failures).isEmpty();
    assertThat(node.machine.appliedIndex()).isEqualTo(9);
  }

  /** Whom the transport knows as removed it tells so. */
  @Test
  void memberThatStartsTellsNobodyThatItWasRemovedBeforeThatIsCertain() {
    TestNode node = follower(0);
    Configuration all = node.node.status().configuration();
    Configuration without = all.changedTo(all.members().subList(0, 2));
    node.stop();
    node.log.append(
        List.of(
            new LogEntry(
                node.log.lastIndex() + 1,
                node.log.hardState().term(),
                LogEntry.Kind.CONFIGURATION,
                0,
                without.encode())));
    node.log.sync();
    node.hold("core");

    node.start();

    assertThat(node.node.status().configuration().removed()).isNotEmpty();
    assertThat(node.reachable.everybody()).isNotEmpty();
    assertThat(node.reachable.removed()).isEmpty();
  }
}
