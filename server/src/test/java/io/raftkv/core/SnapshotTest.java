package io.raftkv.core;

import static io.raftkv.core.CoreCluster.entry;
import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.Message;
import io.raftkv.raft.SnapshotMeta;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Raft paper section 7. */
class SnapshotTest {
  private final CoreCluster cluster =
      new CoreCluster(
          3,
          CoreCluster.OPTIONS,
          List.of(
              List.of(entry(2, 1), entry(3, 1), entry(4, 1)),
              List.of(entry(2, 1), entry(3, 1), entry(4, 1)),
              List.of(entry(2, 1), entry(3, 1), entry(4, 1))));

  private final CoreNode node = cluster.node(3);

  private SnapshotMeta snapshot(long index, long term) {
    return new SnapshotMeta(new EntryId(index, term), node.core().configuration());
  }

  private void receive(SnapshotMeta meta) {
    node.receiveSnapshot(id(1), 5, meta);
    cluster.settle();
  }

  private Message.AppendResponse answer() {
    return cluster.delivered().stream()
        .filter(m -> m instanceof Message.AppendResponse && m.from().equals(id(3)))
        .map(m -> (Message.AppendResponse) m)
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  @Test
  void snapshotBeyondTheLogReplacesIt() {
    receive(snapshot(9, 4));

    assertThat(node.core().lastEntry()).isEqualTo(new EntryId(9, 4));
    assertThat(node.core().commitIndex()).isEqualTo(9);
    assertThat(node.core().appliedIndex()).isEqualTo(9);
    assertThat(answer().matchIndex()).isEqualTo(9);
  }

  @Test
  void snapshotOfAnotherHistoryReplacesTheLog() {
    receive(snapshot(3, 4));

    assertThat(node.core().lastEntry()).isEqualTo(new EntryId(3, 4));
    assertThat(node.diskEntries()).isEmpty();
  }

  @Test
  void entriesAfterASnapshotThatTheLogHasAreKept() { // they may be acknowledged
    receive(snapshot(3, 1));

    assertThat(node.core().lastEntry()).isEqualTo(new EntryId(4, 1));
    assertThat(node.core().commitIndex()).isEqualTo(3);
    assertThat(node.diskEntry(4)).isPresent();
  }

  @Test
  void snapshotThatComesTwiceChangesNothingTheSecondTime() {
    receive(snapshot(9, 4));
    receive(snapshot(9, 4));

    assertThat(node.core().lastEntry()).isEqualTo(new EntryId(9, 4));
    assertThat(answer().matchIndex()).isEqualTo(9);
  }

  @Test
  void olderSnapshotChangesNothing() {
    receive(snapshot(9, 4));
    receive(snapshot(7, 4));

    assertThat(node.core().lastEntry()).isEqualTo(new EntryId(9, 4));
    assertThat(node.core().snapshotIndex()).isEqualTo(9);
  }

  @Test
  void snapshotIsAcknowledgedOnceTheLogIsReplacedOnDisk() { // law 1
    node.holdDisk();
    receive(snapshot(9, 4));
    assertThat(cluster.delivered()).noneMatch(m -> m instanceof Message.AppendResponse);

    node.releaseDisk();
    cluster.settle();

    assertThat(answer().isSuccess()).isTrue();
  }

  @Test
  void crashBetweenSnapshotAndLogLosesNothing() {
    receive(snapshot(3, 1));
    node.crash();
    node.restart();

    assertThat(node.core().commitIndex()).isEqualTo(3);
    assertThat(node.core().lastEntry()).isEqualTo(new EntryId(4, 1));
  }

  @Test
  void snapshotIsNeverOfMoreThanTheOwnDiskHolds() { // law 5
    CoreCluster small =
        new CoreCluster(3, CoreCluster.OPTIONS.withSnapshots(3, 1L << 40, 0), List.of());
    small.elect(1);
    small.node(1).holdDisk();

    small.propose(1, "a", "b", "c", "d", "e", "f");
    small.settle();
    assertThat(small.node(1).core().commitIndex()).isEqualTo(8);
    assertThat(small.node(1).diskSnapshot().index())
        .isLessThanOrEqualTo(small.node(1).core().durableIndex());

    small.node(1).releaseDisk();
    small.settle();
    assertThat(small.node(1).diskSnapshot().index()).isPositive();
    assertThat(small.node(1).core().appliedIndex()).isEqualTo(8);
  }

  /** Its sender may have found its own snapshot damaged before. */
  @Test
  void snapshotThatIsAskedForWaitsUntilTheLogIsReplacedOnDisk() { // law 5
    node.holdDisk();
    receive(snapshot(9, 4));
    node.core().snapshotLost();
    cluster.settle();
    assertThat(node.ownSnapshots()).isZero();

    node.releaseDisk();
    cluster.settle();

    assertThat(node.ownSnapshots()).isEqualTo(1);
    assertThat(node.diskSnapshot()).isEqualTo(snapshot(9, 4));
  }

  @Test
  void logIsCompactedOnlyBehindADurableSnapshotAndItsTrail() { // law 5
    CoreCluster small =
        new CoreCluster(1, CoreCluster.OPTIONS.withSnapshots(4, 1L << 40, 2), List.of());
    small.elect(1);

    for (int i = 0; i < 20; i++) {
      small.propose(1, "c" + i);
      small.settle();
      long first = small.node(1).core().firstIndex();
      assertThat(first).isLessThanOrEqualTo(Math.max(1, small.node(1).diskSnapshot().index() - 1));
    }
    assertThat(small.node(1).core().firstIndex()).isGreaterThan(10);
  }

  @Test
  void logThatIsDamagedGoesOnceASnapshotHoldsWhatItHeld() {
    CoreCluster pair =
        new CoreCluster(3, CoreCluster.OPTIONS.withSnapshots(1000, 1L << 40, 1000), List.of());
    pair.elect(1);
    pair.propose(1, "a", "b", "c", "d");
    pair.settle();
    assertThat(pair.node(1).core().appliedIndex()).isEqualTo(6);

    pair.node(1).core().logDamaged(5);
    pair.settle();

    assertThat(pair.node(1).diskSnapshot().index()).isEqualTo(6);
    assertThat(pair.node(1).core().firstIndex()).isEqualTo(6);
    assertThat(pair.node(2).core().firstIndex()).isEqualTo(1);

    // Told again, of what is gone: nothing to do.
    pair.node(1).core().logDamaged(5);
    pair.propose(1, "e");
    pair.settle();
    assertThat(pair.node(1).diskSnapshot().index()).isEqualTo(6);
  }

  @Test
  void logThatIsDamagedBeyondWhatIsCommittedIsKeptUntilThat() { // law 5
    CoreCluster pair =
        new CoreCluster(3, CoreCluster.OPTIONS.withSnapshots(1000, 1L << 40, 1000), List.of());
    pair.elect(1);
    pair.partition(List.of(1), List.of(2, 3));
    pair.propose(1, "a", "b", "c", "d");
    pair.settle();
    assertThat(pair.node(1).core().commitIndex()).isEqualTo(2);

    pair.node(1).core().logDamaged(5);
    pair.settle();
    assertThat(pair.node(1).core().firstIndex()).isEqualTo(1);

    pair.heal();
    pair.tickAll(4);
    assertThat(pair.node(1).core().commitIndex()).isEqualTo(6);
    assertThat(pair.node(1).core().firstIndex()).isEqualTo(6);
  }
}
