package io.raftkv.core;

import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.Member.Standing;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftException.Reason;
import io.raftkv.raft.core.ChangeOutcome;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Raft thesis chapter 4, Raft paper section 6. n1, n2 and n3 are members, n1 leads. */
class MembershipTest {
  private final CoreCluster cluster = new CoreCluster(3);

  MembershipTest() {
    cluster.elect(1);
    cluster.tickAll(5);
  }

  private static Member member(int number, Standing standing, int replaces) {
    MemberId replaced = replaces == 0 ? MemberId.NONE : id(replaces);
    return new Member(id(number), "n" + number, "host:" + number, standing, replaced);
  }

  private static MembershipChange add(int number, Standing standing) {
    return MembershipChange.add(member(number, standing, 0));
  }

  private ChangeOutcome change(int leader, MembershipChange change) {
    return cluster.node(leader).core().changeMembership(change);
  }

  private void make(MembershipChange change) {
    assertThat(change(1, change).refusal()).isEmpty();
    cluster.tickAll(8);
  }

  private Configuration configuration(int number) {
    return cluster.node(number).core().configuration();
  }

  private static List<MemberId> ids(int... numbers) {
    return Arrays.stream(numbers).mapToObj(CoreCluster::id).toList();
  }

  // --- who comes ---------------------------------------------------------------------------------

  @Test
  void aLearnerReceivesTheLogAndDoesNotCount() {
    cluster.addBlank(4);
    make(add(4, Standing.LEARNER));

    assertThat(cluster.node(4).diskEntries()).isEqualTo(cluster.node(1).diskEntries());
    assertThat(configuration(4).voters()).isEqualTo(ids(1, 2, 3));
    cluster.node(2).crash();
    cluster.node(3).crash();
    long committed = cluster.node(1).core().commitIndex();
    cluster.propose(1, "a");
    cluster.settle();
    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(committed);
  }

  @Test
  void whoJoinsVotesOnceItHasCaughtUp() {
    make(add(4, Standing.JOINING));
    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2, 3));

    cluster.addBlank(4);
    cluster.tickAll(10);

    assertThat(configuration(4).voters()).isEqualTo(ids(1, 2, 3, 4));
    assertThat(configuration(1).isJoint()).isFalse();
  }

  @Test
  void aLearnerIsPromotedOnlyWhenItHasWhatIsCommitted() {
    cluster.addBlank(4);
    make(add(4, Standing.LEARNER));
    cluster.partition(List.of(4), List.of(1, 2, 3));
    cluster.propose(1, "a", "b");
    cluster.tickAll(6);

    assertThat(change(1, MembershipChange.promote(id(4))).refusal()).contains(Reason.NOT_CAUGHT_UP);
    cluster.heal();
    cluster.tickAll(8);
    make(MembershipChange.promote(id(4)));

    assertThat(configuration(4).voters()).isEqualTo(ids(1, 2, 3, 4));
    // Once more is no fault: the first answer may have been lost.
    assertThat(change(1, MembershipChange.promote(id(4))).refusal()).isEmpty();
  }

  @Test
  void aMemberMovesAndKeepsItsVote() {
    make(MembershipChange.move(id(2), "elsewhere:2"));

    assertThat(configuration(3).member(id(2)).orElseThrow().peerAddress()).isEqualTo("elsewhere:2");
    assertThat(configuration(3).voters()).isEqualTo(ids(1, 2, 3));
    assertThat(configuration(3).isJoint()).isFalse();
    assertThat(change(1, MembershipChange.move(id(2), "elsewhere:2")).refusal()).isEmpty();
    assertThat(change(1, MembershipChange.move(id(2), "host:3")).refusal())
        .contains(Reason.MEMBER_EXISTS);
    assertThat(change(1, MembershipChange.move(id(7), "host:7")).refusal())
        .contains(Reason.MEMBER_NOT_FOUND);
  }

  @Test
  void nobodyComesTwice() {
    assertThat(change(1, add(2, Standing.JOINING)).refusal()).contains(Reason.MEMBER_EXISTS);
    Member sameAddress = new Member(id(9), "n9", "host:2", false);
    assertThat(change(1, MembershipChange.add(sameAddress)).refusal())
        .contains(Reason.MEMBER_EXISTS);
    make(MembershipChange.remove(id(3)));
    assertThat(change(1, add(3, Standing.JOINING)).refusal()).contains(Reason.MEMBER_EXISTS);
    assertThat(change(1, add(4, Standing.VOTER)).refusal()).contains(Reason.NOT_CAUGHT_UP);
  }

  @Test
  void thereIsRoomForNineMembers() {
    for (int number = 4; number <= 9; number++) {
      make(add(number, Standing.LEARNER));
    }

    assertThat(change(1, add(10, Standing.LEARNER)).refusal()).contains(Reason.UNSAFE_CHANGE);
    make(MembershipChange.remove(id(9)));
    assertThat(change(1, add(10, Standing.LEARNER)).refusal()).isEmpty();
  }

  // --- who stands in for a member that has lost its data
  // ------------------------------------------

  private static MembershipChange inPlace(int number, int dead) {
    return MembershipChange.add(
        new Member(id(number), "n" + dead, "host:" + dead, Standing.JOINING, id(dead)));
  }

  private void crashAndNotice(int number) {
    cluster.node(number).crash();
    cluster.tickAll(40);
    assertThat(cluster.leader()).isEqualTo(1);
  }

  @Test
  void aNewMemberOfTheSameNameAndAddressTakesThePlaceOfADeadOneAtOnce() {
    crashAndNotice(3);

    make(inPlace(4, 3));

    // Until it has caught up the others decide.
    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2));
    assertThat(configuration(1).member(id(4)).orElseThrow())
        .isEqualTo(new Member(id(4), "n3", "host:3", Standing.JOINING, MemberId.NONE));
    assertThat(configuration(1).removed()).containsExactly(id(3));
    cluster.addBlank(4);
    cluster.tickAll(10);
    assertThat(configuration(4).voters()).isEqualTo(ids(1, 2, 4));
    assertThat(configuration(1).isJoint()).isFalse();
    assertThat(cluster.node(4).diskEntries()).isEqualTo(cluster.node(1).diskEntries());
  }

  @Test
  void nobodyStandsInForAMemberThatAnswers() {
    assertThat(change(1, inPlace(4, 3)).refusal()).contains(Reason.UNSAFE_CHANGE);
    assertThat(change(1, inPlace(4, 1)).refusal()).contains(Reason.UNSAFE_CHANGE);
    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2, 3));
  }

  @Test
  void toStandInAskedAgainIsNoFaultUntilTheNewOneVotes() {
    crashAndNotice(3);
    make(inPlace(4, 3));
    long index = cluster.node(1).core().configurationIndex();

    make(inPlace(4, 3));

    assertThat(cluster.node(1).core().configurationIndex()).isEqualTo(index);
    assertThat(change(1, inPlace(3, 4)).refusal()).contains(Reason.MEMBER_EXISTS);
    cluster.addBlank(4);
    cluster.tickAll(10);
    assertThat(change(1, inPlace(4, 3)).refusal()).contains(Reason.MEMBER_EXISTS);
  }

  @Test
  void whoStandsInForALearnerStaysALearner() {
    cluster.addBlank(4);
    make(add(4, Standing.LEARNER));
    crashAndNotice(4);

    make(inPlace(5, 4));
    cluster.addBlank(5);
    cluster.tickAll(10);

    assertThat(configuration(5).voters()).isEqualTo(ids(1, 2, 3));
    assertThat(configuration(5).member(id(5)).orElseThrow().standing()).isEqualTo(Standing.LEARNER);
  }

  @Test
  void whoStandsInForAReplacementReplacesTheSameMember() {
    make(MembershipChange.add(member(4, Standing.JOINING, 3)));

    make(inPlace(5, 4));
    assertThat(configuration(1).member(id(5)).orElseThrow().replaces()).isEqualTo(id(3));
    cluster.addBlank(5);
    cluster.tickAll(15);

    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2, 5));
  }

  @Test
  void whoIsBeingReplacedIsSoUnderItsNewIdToo() {
    crashAndNotice(3);
    make(MembershipChange.add(member(4, Standing.JOINING, 3)));

    make(inPlace(5, 3));
    assertThat(configuration(1).member(id(4)).orElseThrow().replaces()).isEqualTo(id(5));
    cluster.addBlank(4);
    cluster.tickAll(15);

    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2, 4));
    assertThat(configuration(1).contains(id(5))).isFalse();
  }

  @Test
  void nobodyStandsInIfTooFewVotersWouldAnswer() {
    cluster.addBlank(4);
    cluster.addBlank(5);
    make(add(4, Standing.JOINING));
    cluster.tickAll(10);
    make(add(5, Standing.JOINING));
    cluster.tickAll(10);
    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2, 3, 4, 5));
    cluster.node(4).crash();
    crashAndNotice(5);
    cluster.node(3).crash();

    // Of n1, n2, n3 and n4 two are left, and the leader has not noticed yet that n3 is gone.
    assertThat(change(1, inPlace(6, 5)).refusal()).isEmpty();
    long commitIndex = cluster.node(1).core().commitIndex();
    cluster.settle();

    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(commitIndex);
  }

  // --- who goes ----------------------------------------------------------------------------------

  @Test
  void whoIsRemovedIsToldAndCampaignsNoMore() {
    make(MembershipChange.remove(id(3)));
    cluster.tickAll(30);

    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2));
    assertThat(cluster.node(3).core().isRemoved()).isTrue();
    long term = cluster.node(3).core().term();
    cluster.tick(3, 100);
    assertThat(cluster.node(3).core().term()).isEqualTo(term);
    assertThat(cluster.leader()).isEqualTo(1);
  }

  @Test
  void whoHearsOfItsRemovalFromOthersCampaignsNoMore() {
    cluster.node(3).core().removed();
    cluster.node(1).crash();
    cluster.node(2).crash();
    long asked = cluster.delivered().stream().filter(Message.VoteRequest.class::isInstance).count();

    cluster.tick(3, 100);

    assertThat(cluster.node(3).core().isRemoved()).isTrue();
    assertThat(cluster.delivered().stream().filter(Message.VoteRequest.class::isInstance).count())
        .isEqualTo(asked);
  }

  /** Thesis 4.2.2. */
  @Test
  void aLeaderThatRemovesItselfLeadsUntilThatIsCommittedAndDoesNotCountItself() {
    cluster.node(2).holdDisk();
    cluster.node(3).holdDisk();
    assertThat(change(1, MembershipChange.remove(id(1))).refusal()).isEmpty();
    cluster.settle();
    assertThat(cluster.leader()).isEqualTo(1);
    cluster.node(2).releaseDisk();
    cluster.settle();
    // One of two is no majority, although the leader has it too.
    assertThat(cluster.leader()).isEqualTo(1);

    cluster.node(3).releaseDisk();
    cluster.settle();
    cluster.tickAll(3);

    assertThat(cluster.leader()).isIn(2, 3);
    assertThat(configuration(cluster.leader()).voters()).isEqualTo(ids(2, 3));
    assertThat(cluster.node(1).core().isRemoved()).isTrue();
  }

  /** The hand-over was asked for before; that it fails does not make it a leader again. */
  @Test
  void aLeaderThatWasRemovedTakesNoWritesOnceAHandOverHasFailed() {
    cluster.lose(Message.TimeoutNow.class::isInstance);
    cluster.node(2).holdDisk();
    cluster.node(3).holdDisk();
    assertThat(change(1, MembershipChange.remove(id(1))).refusal()).isEmpty();
    assertThat(cluster.node(1).core().transferLeadership(id(2))).isEmpty();
    cluster.node(2).releaseDisk();
    cluster.node(3).releaseDisk();
    cluster.settle();
    var leader = cluster.node(1).core();
    assertThat(leader.isTransferring()).isTrue();

    while (leader.isTransferring()) {
      leader.tick();
    }

    assertThat(leader.isLeader()).isTrue();
    assertThat(leader.proposalRefusal()).contains(RaftException.Reason.TRANSFERRING);
  }

  /** It hands over last of all: a connection closed too early loses the message that says so. */
  @Test
  void aLeaderThatWasRemovedIsListenedToUntilAnotherOneLeads() {
    cluster.lose(Message.TimeoutNow.class::isInstance);
    make(MembershipChange.remove(id(1)));
    assertThat(configuration(2).contains(id(1))).isFalse();
    assertThat(cluster.node(2).core().leader()).isEqualTo(id(1));

    assertThat(cluster.node(2).reachable().outgoingVoters()).isEqualTo(ids(1));
    assertThat(cluster.node(2).reachable().removed()).isEmpty();
    cluster.heal();
    cluster.tickAll(30);

    assertThat(cluster.leader()).isIn(2, 3);
    assertThat(cluster.node(2).reachable().outgoingVoters()).isEmpty();
    assertThat(cluster.node(2).reachable().removed()).isEqualTo(ids(1));
  }

  /** Thesis figure 4.6. */
  @Test
  void whoIsRemovedCampaignsUntilThatIsCommitted() {
    make(MembershipChange.remove(id(3)));
    cluster.node(1).holdDisk();
    assertThat(change(1, MembershipChange.remove(id(2))).refusal()).isEmpty();
    cluster.settle();
    cluster.node(1).crash();
    cluster.node(1).restart();
    // n1, the only voter of the new configuration, has lost it; only n2 knows of it.
    cluster.tickAll(60);

    assertThat(configuration(1).voters()).isEqualTo(ids(1));
    assertThat(cluster.leader()).isEqualTo(1);
    assertThat(cluster.node(1).core().commitIndex())
        .isEqualTo(cluster.node(1).core().lastEntry().index());
  }

  @Test
  void theLastVoterStays() {
    make(MembershipChange.remove(id(3)));
    make(MembershipChange.remove(id(2)));
    assertThat(configuration(1).voters()).isEqualTo(ids(1));

    assertThat(change(1, MembershipChange.remove(id(1))).refusal()).contains(Reason.LAST_VOTER);
    assertThat(change(1, MembershipChange.remove(id(2))).refusal())
        .contains(Reason.MEMBER_NOT_FOUND);
  }

  @Test
  void noChangeLeavesAMajorityThatDoesNotAnswer() {
    cluster.node(3).crash();
    cluster.tickAll(2 * CoreCluster.OPTIONS.electionTicks());

    assertThat(change(1, MembershipChange.remove(id(2))).refusal()).contains(Reason.UNSAFE_CHANGE);
    assertThat(change(1, MembershipChange.remove(id(3))).refusal()).isEmpty();
  }

  /**
   * Elected by one, it knows nothing of the other yet: neither that it is there nor that it is not.
   */
  @Test
  void aNewLeaderTakesNobodyForDeadWhomItHadNoTimeToHear() {
    cluster.lose(m -> m.from().equals(id(3)) && !(m instanceof Message.AppendRequest));
    cluster.node(1).core().transferLeadership(id(2));
    cluster.settle();

    assertThat(change(2, MembershipChange.remove(id(1))).refusal())
        .contains(Reason.CHANGE_IN_PROGRESS);
    assertThat(change(2, inPlace(4, 3)).refusal()).contains(Reason.CHANGE_IN_PROGRESS);
    assertThat(change(2, MembershipChange.remove(id(3)).dry(true)).refusal()).isEmpty();
    cluster.heal();
    cluster.tickAll(CoreCluster.OPTIONS.heartbeatTicks() + 1);

    assertThat(change(2, inPlace(4, 3)).refusal()).contains(Reason.UNSAFE_CHANGE);
    assertThat(change(2, MembershipChange.remove(id(1))).refusal()).isEmpty();
  }

  @Test
  void whomANewLeaderDoesNotHearForAnElectionTimeoutIsDead() {
    cluster.node(3).crash();
    cluster.node(1).core().transferLeadership(id(2));
    cluster.settle();
    cluster.tickAll(CoreCluster.OPTIONS.electionTicks());

    assertThat(change(2, MembershipChange.remove(id(1))).refusal()).contains(Reason.UNSAFE_CHANGE);
    assertThat(change(2, inPlace(4, 3)).refusal()).isEmpty();
  }

  // --- two at once: joint configurations ---------------------------------------------------------

  @Test
  void oneVoterReplacesAnotherThroughAJointConfiguration() {
    cluster.addBlank(4);
    make(MembershipChange.add(member(4, Standing.JOINING, 2)));
    cluster.tickAll(8);

    List<Configuration> history =
        cluster.node(1).diskEntries().stream()
            .filter(entry -> entry.kind() == LogEntry.Kind.CONFIGURATION)
            .map(entry -> Configuration.decode(entry.data()))
            .toList();
    assertThat(history).hasSize(4);
    assertThat(history.get(2).voters()).isEqualTo(ids(1, 3, 4));
    assertThat(history.get(2).outgoingVoters()).isEqualTo(ids(1, 2, 3));
    assertThat(history.get(3).isJoint()).isFalse();
    assertThat(history.get(3).removed()).isEqualTo(ids(2));
    assertThat(cluster.node(2).core().isRemoved()).isTrue();
  }

  /** Paper section 6: while it is joint, a commit needs both majorities. */
  @Test
  void aJointConfigurationIsCommittedByBothMajorities() {
    cluster.addBlank(4);
    cluster.addBlank(5);
    make(add(4, Standing.LEARNER));
    make(add(5, Standing.LEARNER));
    cluster.partition(List.of(2, 3), List.of(1, 4, 5));
    Configuration joint =
        new Configuration(
            List.of(
                member(1, Standing.VOTER, 0),
                member(4, Standing.VOTER, 0),
                member(5, Standing.VOTER, 0)),
            ids(1, 2, 3));
    long index = cluster.node(1).core().lastEntry().index() + 1;
    // As a leader of its term would send it.
    for (int to : new int[] {4, 5}) {
      cluster
          .node(to)
          .core()
          .step(
              new Message.AppendRequest(
                  id(1),
                  id(to),
                  cluster.node(1).core().term(),
                  cluster.node(1).core().lastEntry(),
                  List.of(
                      new LogEntry(
                          index,
                          cluster.node(1).core().term(),
                          LogEntry.Kind.CONFIGURATION,
                          0,
                          joint.encode())),
                  0));
    }
    cluster.settle();
    cluster.node(1).crash();

    // n4 and n5 are two of the three new voters, and none of the old ones.
    cluster.tick(4, 40);
    cluster.tick(5, 40);
    assertThat(cluster.leader()).isZero();
    cluster.heal();
    cluster.tickAll(60);

    assertThat(cluster.leader()).isIn(4, 5);
    cluster.tickAll(10);
    assertThat(configuration(cluster.leader()).isJoint()).isFalse();
  }

  @Test
  void aNewLeaderCompletesWhatTheOldOneBegan() {
    cluster.addBlank(4);
    make(add(4, Standing.LEARNER));
    make(MembershipChange.promote(id(4)));
    cluster.addBlank(5);
    cluster.lose(m -> m instanceof Message.AppendResponse);
    assertThat(change(1, MembershipChange.add(member(5, Standing.JOINING, 4))).refusal()).isEmpty();
    cluster.settle();
    cluster.node(1).crash();
    cluster.heal();

    cluster.tickAll(60);

    int leader = cluster.leader();
    assertThat(leader).isNotZero();
    assertThat(configuration(leader).voters()).isEqualTo(ids(1, 2, 3, 5));
    assertThat(configuration(leader).isJoint()).isFalse();
  }

  // --- one change at a time ----------------------------------------------------------------------

  @Test
  void aChangeWaitsUntilTheOneBeforeIsCommitted() {
    cluster.lose(m -> m instanceof Message.AppendResponse);
    assertThat(change(1, add(4, Standing.LEARNER)).refusal()).isEmpty();
    cluster.settle();

    assertThat(change(1, MembershipChange.remove(id(3))).refusal())
        .contains(Reason.CHANGE_IN_PROGRESS);
  }

  /**
   * The error in single-server changes that was published in 2015, in its three forms: a change of
   * an earlier leader is in a log and not committed, and a new leader begins another one from the
   * configuration before. Two majorities that share nobody could follow, did the new leader not
   * have to commit an entry of its own term first.
   */
  @Test
  void aNewLeaderChangesNothingBeforeItHasCommittedInItsTerm() {
    List<MembershipChange> firsts =
        List.of(add(4, Standing.LEARNER), add(4, Standing.LEARNER), MembershipChange.remove(id(3)));
    List<MembershipChange> seconds =
        List.of(
            add(5, Standing.LEARNER),
            MembershipChange.remove(id(3)),
            MembershipChange.remove(id(1)));
    for (int i = 0; i < firsts.size(); i++) {
      CoreCluster three = new CoreCluster(3);
      three.elect(1);
      three.tickAll(5);
      three.partition(List.of(1), List.of(2, 3));
      assertThat(three.node(1).core().changeMembership(firsts.get(i)).refusal()).isEmpty();
      three.settle();
      three.tick(3, 2 * CoreCluster.OPTIONS.electionTicks());
      three.lose(m -> m instanceof Message.AppendResponse);
      three.elect(2);

      assertThat(three.node(2).core().changeMembership(seconds.get(i)).refusal())
          .contains(Reason.CHANGE_IN_PROGRESS);
      three.heal();
      three.tickAll(6);
      assertThat(three.node(2).core().changeMembership(seconds.get(i)).refusal()).isEmpty();
    }
  }

  /** Thesis 4.1: in force when appended, and no longer when its entry is truncated. */
  @Test
  void aConfigurationGoesWithItsEntry() {
    cluster.partition(List.of(1), List.of(2, 3));
    assertThat(change(1, MembershipChange.remove(id(3))).refusal()).isEmpty();
    cluster.settle();
    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2));
    cluster.tick(3, 2 * CoreCluster.OPTIONS.electionTicks());
    cluster.elect(2);
    cluster.heal();
    cluster.tickAll(10);

    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2, 3));
    assertThat(configuration(1).removed()).isEmpty();
    assertThat(cluster.leader()).isEqualTo(2);
  }

  // --- conditions --------------------------------------------------------------------------------

  @Test
  void aChangeOfOtherMembersThanThoseLookedAtIsRefused() {
    long index = cluster.node(1).core().configurationIndex();
    assertThat(change(1, add(4, Standing.LEARNER).expecting(index + 1)).refusal())
        .contains(Reason.CONFIG_CONFLICT);
    assertThat(change(1, add(4, Standing.LEARNER).expecting(index)).refusal()).isEmpty();
  }

  @Test
  void aDryRunTellsAndChangesNothing() {
    long last = cluster.node(1).core().lastEntry().index();
    ChangeOutcome outcome = change(1, MembershipChange.remove(id(3)).dry(true));

    assertThat(outcome.membership().orElseThrow().configuration().voters()).isEqualTo(ids(1, 2));
    assertThat(cluster.node(1).core().lastEntry().index()).isEqualTo(last);
    assertThat(configuration(1).voters()).isEqualTo(ids(1, 2, 3));
    assertThat(change(1, MembershipChange.remove(id(9)).dry(true)).refusal())
        .contains(Reason.MEMBER_NOT_FOUND);
  }

  @Test
  void onlyALeaderChangesAndNotWhileItHandsOver() {
    assertThat(change(2, add(4, Standing.LEARNER)).refusal()).contains(Reason.NO_LEADER);
    cluster.lose(m -> m instanceof Message.TimeoutNow);
    cluster.node(1).core().transferLeadership(id(3));
    assertThat(change(1, add(4, Standing.LEARNER)).refusal()).contains(Reason.TRANSFERRING);
  }

  @Test
  void whatGoesOverTheWireComesBack() {
    MembershipChange change =
        MembershipChange.add(member(4, Standing.JOINING, 2)).expecting(77).dry(true);
    assertThat(MembershipChange.decode(change.encode())).isEqualTo(change);
    Configuration configuration =
        new Configuration(
            List.of(member(1, Standing.VOTER, 0), member(4, Standing.JOINING, 1)),
            ids(1, 2),
            ids(9, 8));
    assertThat(Configuration.decode(configuration.encode())).isEqualTo(configuration);
  }
}
