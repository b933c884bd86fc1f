package io.raftkv.core;

import static io.raftkv.core.CoreCluster.entry;
import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftOptions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Raft paper, figure 8. n1 led term 2 and wrote 2/2 to n2 (a). n5 was elected in term 3 by n3 and
 * n4, and wrote 2/3 to nobody (b). Now n1 leads term 4 and brings 2/2 to n3 and n4, but nobody gets
 * its own first entry (c).
 */
class FigureEightTest {
  private static final RaftOptions ONE_BY_ONE =
      new RaftOptions(
          2, 10, 2, 1, 1 << 20, 8, 1 << 20, 1 << 20, 0, 1 << 20, 1_000_000, 1L << 40, 0, 5);

  private final CoreCluster cluster =
      new CoreCluster(
          5,
          ONE_BY_ONE,
          List.of(
              List.of(entry(2, 2)),
              List.of(entry(2, 2)),
              List.of(),
              List.of(),
              List.of(entry(2, 3))));

  @BeforeEach
  void untilThePointOfTheFigure() {
    for (int voter = 3; voter <= 4; voter++) {
      cluster
          .node(voter)
          .core()
          .step(new Message.VoteRequest(id(5), id(voter), 3, new EntryId(2, 3), false, false));
    }
    cluster.settle();
    cluster.node(5).crash();
    cluster.lose(this::isOwnEntryOfTheLeader);
    campaignUntilElected(1);

    assertThat(cluster.node(1).core().term()).isEqualTo(4);
    for (int member = 1; member <= 4; member++) {
      assertThat(termAt(member, 2)).as("n%d", member).isEqualTo(2);
    }
    assertThat(cluster.node(1).core().commitIndex()).as("2/2 is on four disks").isZero();
  }

  private boolean isOwnEntryOfTheLeader(Message m) {
    return m instanceof Message.AppendRequest request
        && request.entries().stream().anyMatch(entry -> entry.index() == 3)
        && cluster.node((int) request.to().value()).core().lastEntry().index() >= 2;
  }

  @Test
  void entryOfAnOldTermOnAMajorityMayStillBeOverwritten() { // (d)
    cluster.node(1).crash();
    cluster.node(5).restart();
    cluster.heal();
    for (int member = 2; member <= 4; member++) {
      cluster.node(member).core().unreachable(id(1));
    }

    campaignUntilElected(5);
    cluster.tickAll(4);

    for (int member = 2; member <= 5; member++) {
      assertThat(termAt(member, 2)).as("n%d", member).isEqualTo(3);
      assertThat(cluster.node(member).core().commitIndex()).isEqualTo(3);
    }
  }

  @Test
  void entryOfTheOwnTermOnAMajorityCommitsWhatIsBeforeIt() { // (e)
    cluster.heal();
    cluster.tickAll(6);
    assertThat(cluster.node(1).core().commitIndex()).isEqualTo(3);

    cluster.node(1).crash();
    cluster.node(5).restart();
    for (int member = 2; member <= 4; member++) {
      cluster.node(member).core().unreachable(id(1));
    }
    for (int i = 0; i < 5; i++) {
      cluster.campaign(5);
      assertThat(cluster.node(5).core().isLeader()).isFalse();
    }
    cluster.tickAll(60);

    assertThat(cluster.leader()).isIn(2, 3, 4);
    assertThat(termAt(5, 2)).isEqualTo(2);
  }

  /** The first attempts may only learn the term. */
  private void campaignUntilElected(int member) {
    for (int i = 0; i < 3 && !cluster.node(member).core().isLeader(); i++) {
      cluster.campaign(member);
    }
    assertThat(cluster.leader()).isEqualTo(member);
  }

  private long termAt(int member, long index) {
    return cluster.node(member).diskEntry(index).map(LogEntry::term).orElse(0L);
  }
}
