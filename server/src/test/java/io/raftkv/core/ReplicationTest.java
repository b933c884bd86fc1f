package io.raftkv.core;

import static io.raftkv.core.CoreCluster.entry;
import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import io.raftkv.raft.core.FollowerView;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Raft paper 5.3 and 5.4; figure 2, AppendEntries RPC and rules for leaders. */
class ReplicationTest {
  private final CoreCluster cluster = new CoreCluster(3);

  private static Message.AppendRequest append(
      int from, int to, long term, EntryId previous, long commit, LogEntry... entries) {
    return new Message.AppendRequest(id(from), id(to), term, previous, List.of(entries), commit);
  }

  private Message.AppendResponse lastAnswerOf(int member) {
    cluster.settle();
    return cluster.delivered().stream()
        .filter(m -> m instanceof Message.AppendResponse && m.from().equals(id(member)))
        .map(m -> (Message.AppendResponse) m)
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  @Test
  void entryIsCommittedOnceAMajorityHasItOnDisk() { // 5.3
    cluster.elect(1);
    cluster.node(3).crash();

    cluster.propose(1, "a");
    cluster.settle();

    long index = cluster.node(1).core().lastEntry().index();
    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(index);
    assertThat(cluster.node(2).diskEntry(index)).isPresent();
  }

  @Test
  void entryOnAMinorityIsNotCommitted() { // 5.3
    cluster.elect(1);
    cluster.node(2).crash();
    cluster.node(3).crash();
    long commit = cluster.node(1).core().commitIndex();

    cluster.propose(1, "a");
    cluster.settle();

    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(commit);
  }

  @Test
  void appendIsAnsweredOnlyWhenDurable() { // law 1
    cluster.elect(1);
    cluster.node(2).holdDisk();
    cluster.node(3).holdDisk();
    long commit = cluster.node(1).core().commitIndex();

    cluster.propose(1, "a");
    cluster.settle();
    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(commit);

    cluster.node(3).releaseDisk();
    cluster.settle();
    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(commit + 1);
  }

  @Test
  void
      leaderDoesNotWaitForItsOwnDisk() { // law 2: whichever majority of durable indexes comes first
    cluster.elect(1);
    cluster.node(1).holdDisk();
    long commit = cluster.node(1).core().commitIndex();

    cluster.propose(1, "a");
    cluster.settle();

    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(commit + 1);
    assertThat(cluster.node(1).core().durableIndex()).isEqualTo(commit);
  }

  @Test
  void heartbeatIsAnsweredWhileTheDiskHangs() {
    cluster.elect(1);
    cluster.node(2).holdDisk();
    cluster.node(3).holdDisk();
    cluster.propose(1, "a");

    cluster.tickAll(2 * CoreCluster.OPTIONS.electionTicks());

    assertThat(cluster.leader()).isEqualTo(1);
  }

  @Test
  void committedEntriesAreAppliedInOrderOnEveryMember() { // 5.3
    cluster.elect(1);
    cluster.propose(1, "a", "b", "c");
    cluster.settle();
    cluster.tickAll(2);

    for (CoreNode node : cluster.nodes()) {
      assertThat(node.applied()).extracting(LogEntry::index).containsExactly(1L, 2L, 3L, 4L, 5L);
      assertThat(node.applied()).isEqualTo(cluster.node(1).applied());
    }
  }

  @Test
  void appendWithAWrongPreviousEntryIsRefused() { // 5.3: consistency check
    cluster.node(2).core().step(append(1, 2, 5, new EntryId(4, 5), 0, entry(5, 5)));

    Message.AppendResponse answer = lastAnswerOf(2);
    assertThat(answer.isSuccess()).isFalse();
    assertThat(answer.rejectedIndex()).isEqualTo(4);
    assertThat(answer.conflict()).isEqualTo(new EntryId(1, 1));
  }

  @Test
  void refusalNamesTheFirstIndexOfTheConflictingTerm() { // 5.3, end: one round per term
    CoreCluster c =
        new CoreCluster(
            2,
            CoreCluster.OPTIONS,
            List.of(List.of(), List.of(entry(2, 1), entry(3, 2), entry(4, 2), entry(5, 2))));
    c.node(2).core().step(append(1, 2, 5, new EntryId(5, 3), 0));
    c.settle();

    Message.AppendResponse answer = (Message.AppendResponse) c.delivered().get(0);
    assertThat(answer.conflict()).isEqualTo(new EntryId(3, 2));
  }

  @Test
  void conflictingEntriesAreReplacedAndMatchingOnesKept() { // 5.3, receiver rules 3 and 4
    CoreCluster c =
        new CoreCluster(
            2,
            CoreCluster.OPTIONS,
            List.of(List.of(), List.of(entry(2, 1), entry(3, 2), entry(4, 2))));
    c.node(2).core().step(append(1, 2, 5, new EntryId(1, 1), 0, entry(2, 1), entry(3, 5)));
    c.settle();

    assertThat(c.node(2).diskEntries()).extracting(LogEntry::term).containsExactly(1L, 1L, 5L);
  }

  @Test
  void lateAppendDoesNotRemoveWhatCameAfterIt() { // receiver rule 3: only a conflict removes
    cluster.node(2).core().step(append(1, 2, 5, new EntryId(1, 1), 0, entry(2, 5), entry(3, 5)));
    cluster.node(2).core().step(append(1, 2, 5, new EntryId(1, 1), 0, entry(2, 5)));
    cluster.settle();

    assertThat(cluster.node(2).core().lastEntry()).isEqualTo(new EntryId(3, 5));
    assertThat(lastAnswerOf(2).matchIndex()).isEqualTo(2);
  }

  @Test
  void commitIndexOfAFollowerStopsAtWhatTheAppendProved() { // receiver rule 5
    CoreCluster c =
        new CoreCluster(
            2,
            CoreCluster.OPTIONS,
            List.of(List.of(), List.of(entry(2, 1), entry(3, 1), entry(4, 1))));

    c.node(2).core().step(append(1, 2, 5, new EntryId(1, 1), 9, entry(2, 1)));

    assertThat(c.node(2).core().commitIndex()).isEqualTo(2);
  }

  @Test
  void appendOfAnOldTermIsRefused() { // 5.1
    cluster.elect(2);
    cluster.node(3).core().step(append(1, 3, 1, EntryId.ZERO, 0, entry(1, 1)));

    Message.AppendResponse answer = lastAnswerOf(3);
    assertThat(answer.isSuccess()).isFalse();
    assertThat(answer.term()).isEqualTo(2);
  }

  @Test
  void newLeaderBeginsWithAnEntryOfItsOwnTerm() { // 5.4.2, section 8
    cluster.elect(1);

    LogEntry last = cluster.node(1).diskEntry(2).orElseThrow();
    assertThat(last.kind()).isEqualTo(LogEntry.Kind.NO_OP);
    assertThat(last.term()).isEqualTo(2);
  }

  @Test
  void leaderNeverOverwritesItsOwnEntries() { // leader append-only
    CoreCluster c =
        new CoreCluster(
            3,
            CoreCluster.OPTIONS,
            List.of(List.of(entry(2, 2), entry(3, 2)), List.of(entry(2, 1)), List.of()));

    c.elect(1);
    c.tickAll(4);

    for (CoreNode node : c.nodes()) {
      assertThat(node.diskEntries()).extracting(LogEntry::term).containsExactly(1L, 2L, 2L, 3L);
    }
  }

  @Test
  void lostMessagesAreSentAgain() { // 5.3: the leader retries for ever
    cluster.elect(1);
    cluster.tickAll(2);
    cluster.lose(m -> m instanceof Message.AppendRequest);
    cluster.propose(1, "a", "b");
    cluster.settle();

    cluster.heal();
    cluster.tickAll(6);

    assertThat(cluster.node(2).core().lastEntry()).isEqualTo(cluster.node(1).core().lastEntry());
    assertThat(cluster.node(3).core().lastEntry()).isEqualTo(cluster.node(1).core().lastEntry());
  }

  @Test
  void appendsArePipelinedUpToTheWindow() {
    cluster.elect(1);
    cluster.tickAll(2);
    cluster.node(2).holdDisk();
    int before = cluster.delivered().size();

    for (int i = 0; i < 20; i++) {
      cluster.propose(1, "a" + i);
      cluster.settle();
    }

    long toHeld =
        cluster.delivered().subList(before, cluster.delivered().size()).stream()
            .filter(m -> m instanceof Message.AppendRequest && m.to().equals(id(2)))
            .count();
    assertThat(toHeld).isEqualTo(CoreCluster.OPTIONS.inflightMessagesMax());
  }

  @Test
  void proposalsOfOneTurnAreOneAppend() {
    cluster.elect(1);
    cluster.tickAll(2);
    int before = cluster.delivered().size();

    cluster.propose(1, "a");
    cluster.propose(1, "b", "c");
    cluster.settle();

    assertThat(cluster.delivered().subList(before, cluster.delivered().size()))
        .filteredOn(m -> m instanceof Message.AppendRequest)
        .hasSize(2)
        .allMatch(m -> ((Message.AppendRequest) m).entries().size() == 3);
  }

  @Test
  void clusterTimeNeverGoesBack() {
    cluster.elect(1);
    cluster.node(1).core().propose(List.of(new byte[] {1}), 5_000);
    cluster.node(1).core().propose(List.of(new byte[] {2}), 4_000);
    cluster.settle();

    assertThat(cluster.node(2).diskEntries())
        .extracting(LogEntry::clusterTimeMillis)
        .endsWith(5_000L, 5_000L);
  }

  @Test
  void followerThatLostAcknowledgedEntriesIsNoticedAndFilledAgain() {
    cluster.elect(1);
    cluster.propose(1, "a", "b");
    cluster.settle();
    cluster.tickAll(2);

    cluster.node(2).crash();
    cluster.node(2).diskEntries().removeIf(entry -> entry.index() > 2);
    cluster.node(2).restart();
    cluster.propose(1, "c");
    cluster.tickAll(20);

    assertThat(cluster.node(1).core().lostLogs()).isPositive();
    assertThat(cluster.node(2).diskEntries()).isEqualTo(cluster.node(1).diskEntries());
  }

  @Test
  void commitIndexOfAHeartbeatStopsAtTheMatch() { // 5.3: beyond it the logs may differ
    cluster.lose(m -> m instanceof Message.AppendRequest && m.to().equals(id(3)));
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.tickAll(10);

    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(3);
    assertThat(heartbeatsTo(3)).isNotEmpty().allMatch(m -> m.commitIndex() == 0);
    assertThat(heartbeatsTo(2)).anyMatch(m -> m.commitIndex() == 3);
  }

  private List<Message.HeartbeatRequest> heartbeatsTo(int member) {
    return cluster.delivered().stream()
        .filter(m -> m instanceof Message.HeartbeatRequest && m.to().equals(id(member)))
        .map(m -> (Message.HeartbeatRequest) m)
        .toList();
  }

  @Test
  void lateAnswerNeverLowersTheMatch() { // 5.3: matchIndex increases monotonically
    cluster.elect(1);
    cluster.propose(1, "a", "b");
    cluster.settle();
    long term = cluster.node(1).core().term();
    var before = cluster.node(1).core().followers();
    assertThat(before).extracting(FollowerView::matchIndex).containsExactly(4L, 4L);

    for (Message.AppendResponse late :
        List.of(
            new Message.AppendResponse(id(2), id(1), term, true, 2, 0, EntryId.ZERO),
            new Message.AppendResponse(id(2), id(1), term, true, 4, 0, EntryId.ZERO),
            new Message.AppendResponse(id(2), id(1), term, false, 0, 1, EntryId.ZERO))) {
      cluster.node(1).core().step(late);
      cluster.settle();
      assertThat(cluster.node(1).core().followers()).as(late.toString()).isEqualTo(before);
    }
  }

  @Test
  void followersApplyWhatWasThereBeforeTheTermOnceTheLeaderHas() {
    cluster.elect(1);
    cluster.propose(1, "a", "b", "c");
    cluster.settle();
    for (int i = 1; i <= 3; i++) {
      cluster.node(i).crash();
    }
    for (int i = 1; i <= 3; i++) {
      cluster.node(i).restart();
    }
    cluster.node(2).holdApply();
    cluster.elect(2);
    cluster.tickAll(5);
    assertThat(cluster.node(2).core().commitIndex())
        .isEqualTo(cluster.node(2).core().lastEntry().index());
    assertThat(cluster.node(1).core().commitIndex()).isZero();

    cluster.node(2).releaseApply();
    cluster.tickAll(1);

    assertThat(cluster.node(1).core().commitIndex())
        .isEqualTo(cluster.node(2).core().commitIndex());
    assertThat(cluster.node(3).core().commitIndex())
        .isEqualTo(cluster.node(2).core().commitIndex());
  }
}
