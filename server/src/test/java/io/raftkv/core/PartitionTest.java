package io.raftkv.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.core.RoleName;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whatever links are cut, a member that a majority can talk to is found, leads and commits, unless
 * another one does (Raft thesis 6.2 and 9.6 together; each alone fails here). And a leader that no
 * majority answers does not keep its place.
 */
class PartitionTest {
  private static final int ELECTION_TICKS = CoreCluster.OPTIONS.electionTicks();

  /** Far more than an election takes; a livelock takes for ever. */
  private static final int PATIENCE_TICKS = 40 * ELECTION_TICKS;

  /** Links of a cluster as bits: one per ordered pair. */
  private static boolean isCut(long cuts, int size, int from, int to) {
    int pair = (from - 1) * (size - 1) + (to < from ? to - 1 : to - 2);
    return (cuts >> pair & 1) != 0;
  }

  private static boolean canTalk(long cuts, int size, int a, int b) {
    return !isCut(cuts, size, a, b) && !isCut(cuts, size, b, a);
  }

  private static boolean isMajorityConnected(long cuts, int size) {
    for (int member = 1; member <= size; member++) {
      if (isHub(cuts, size, member)) {
        return true;
      }
    }
    return false;
  }

  /** Talks to a majority, itself included. */
  private static boolean isHub(long cuts, int size, int member) {
    int reached = 1;
    for (int other = 1; other <= size; other++) {
      reached += other != member && canTalk(cuts, size, member, other) ? 1 : 0;
    }
    return reached > size / 2;
  }

  private static CoreCluster ledBy(int leader, int size, long seed) {
    Random random = new Random(seed);
    CoreCluster cluster =
        new CoreCluster(size, CoreCluster.OPTIONS, List.of(), number -> random::nextInt);
    cluster.elect(leader);
    cluster.tickAll(2 * CoreCluster.OPTIONS.heartbeatTicks());
    return cluster;
  }

  private static void cut(CoreCluster cluster, int size, long cuts) {
    for (int from = 1; from <= size; from++) {
      for (int to = 1; to <= size; to++) {
        if (from != to && isCut(cuts, size, from, to)) {
          cluster.cut(from, to);
        }
      }
    }
  }

  /**
   * Ticks until a proposal of after the cut is committed; -1 if that never happens. A leader that
   * is cut off gets none: it could make a member's log the longest that can win nowhere, and then
   * nobody can win in any Raft.
   */
  private static int ticksToCommit(CoreCluster cluster, int size, long cuts) {
    for (int ticks = 0; ticks < PATIENCE_TICKS; ticks++) {
      cluster.tickAll(1);
      for (CoreNode node : cluster.nodes()) {
        var core = node.core();
        int number = (int) node.id.value();
        if (core.isLeader() && isHub(cuts, size, number)) {
          cluster.propose(number, "x");
          boolean isOfAfterTheCut =
              node.applied().stream().anyMatch(entry -> new String(entry.data()).equals("x"));
          if (isOfAfterTheCut) {
            return ticks;
          }
        }
      }
    }
    return -1;
  }

  private static String name(long cuts, int size) {
    StringBuilder text = new StringBuilder();
    for (int from = 1; from <= size; from++) {
      for (int to = 1; to <= size; to++) {
        if (from != to && isCut(cuts, size, from, to)) {
          text.append(from).append("->").append(to).append(' ');
        }
      }
    }
    return text.toString();
  }

  @Test
  void everySubsetOfTheLinksOfThreeThatLeavesAMajorityCommits() {
    for (long cuts = 0; cuts < 1 << 6; cuts++) {
      if (!isMajorityConnected(cuts, 3)) {
        continue;
      }
      for (int leader = 1; leader <= 3; leader++) {
        CoreCluster cluster = ledBy(leader, 3, 31 * cuts + leader);
        cut(cluster, 3, cuts);
        assertThat(ticksToCommit(cluster, 3, cuts))
            .as("led by n%d, cut: %s", leader, name(cuts, 3))
            .isNotNegative();
      }
    }
  }

  @Test
  void everySubsetOfTheTwoWayLinksOfFiveThatLeavesAMajorityCommits() {
    for (int pairs = 0; pairs < 1 << 10; pairs++) {
      long cuts = twoWay(pairs);
      if (isMajorityConnected(cuts, 5)) {
        int leader = 1 + pairs % 5;
        CoreCluster cluster = ledBy(leader, 5, pairs);
        cut(cluster, 5, cuts);
        assertThat(ticksToCommit(cluster, 5, cuts))
            .as("led by n%d, cut: %s", leader, name(cuts, 5))
            .isNotNegative();
      }
    }
  }

  private static long twoWay(int pairs) {
    long cuts = 0;
    int pair = 0;
    for (int a = 1; a <= 5; a++) {
      for (int b = a + 1; b <= 5; b++) {
        if ((pairs >> pair++ & 1) != 0) {
          cuts |= 1L << ((a - 1) * 4 + b - 2) | 1L << ((b - 1) * 4 + a - 1);
        }
      }
    }
    return cuts;
  }

  @Test
  void manySubsetsOfTheOneWayLinksOfFiveThatLeaveAMajorityCommit() {
    Random random = new Random(5);
    for (int i = 0; i < 1_000; i++) {
      // Half of the links, and of the members that are not needed for a majority many are deaf.
      long cuts = random.nextLong() & random.nextLong() & (1 << 20) - 1;
      if (isMajorityConnected(cuts, 5)) {
        CoreCluster cluster = ledBy(1 + i % 5, 5, i);
        cut(cluster, 5, cuts);
        assertThat(ticksToCommit(cluster, 5, cuts))
            .as("led by n%d, cut: %s", 1 + i % 5, name(cuts, 5))
            .isNotNegative();
      }
    }
  }

  @Test
  void hubOfAStarIsElectedAlthoughTheOthersKeepAsking() {
    // A member that grants a pre-vote must not wait anew: four that cannot win would keep the only
    // one that can from ever trying.
    int worst = 0;
    for (int seed = 0; seed < 50; seed++) {
      CoreCluster cluster = ledBy(1, 5, seed);
      // All but those of n3, by the order in which twoWay counts pairs.
      long cuts = twoWay(0b10_0110_1101);
      cut(cluster, 5, cuts);
      int ticks = ticksToCommit(cluster, 5, cuts);
      assertThat(ticks).as("seed %d", seed).isNotNegative();
      worst = Math.max(worst, ticks);
    }
    assertThat(worst).isLessThan(8 * ELECTION_TICKS);
  }

  @Test
  void leaderThatIsNotAnsweredStepsDownWithinAnElectionTimeout() { // thesis 6.2
    for (int phase = 0; phase < ELECTION_TICKS; phase++) {
      CoreCluster cluster = ledBy(1, 3, phase);
      cluster.tickAll(phase);

      cluster.cut(2, 1);
      cluster.cut(3, 1);
      cluster.tickAll(ELECTION_TICKS + 1);

      assertThat(cluster.node(1).core().roleName()).isNotEqualTo(RoleName.LEADER);
    }
  }

  @Test
  void leaderThatAQuorumAnswersStays() { // thesis 6.2
    CoreCluster cluster = ledBy(1, 5, 1);

    cluster.partition(List.of(1, 2, 3), List.of(4, 5));
    cluster.tickAll(20 * ELECTION_TICKS);

    assertThat(cluster.leader()).isEqualTo(1);
    assertThat(cluster.node(1).core().term()).isEqualTo(2);
  }

  @Test
  void minorityElectsNobodyAndItsTermsStay() { // thesis 9.6
    CoreCluster cluster = ledBy(1, 5, 1);

    cluster.partition(List.of(1, 2, 3), List.of(4, 5));
    cluster.tickAll(20 * ELECTION_TICKS);
    cluster.heal();
    cluster.tickAll(4 * ELECTION_TICKS);

    assertThat(cluster.leader()).isEqualTo(1);
    for (CoreNode node : cluster.nodes()) {
      assertThat(node.core().term()).isEqualTo(2);
    }
  }
}
