package io.raftkv.raft.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.StateDiffersException;
import io.raftkv.raft.node.NodeCluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Replicas that differ are found while they run, and it is the wrong one that stops. */
class StateCheckTest {
  /** Ticks in which a sample is taken, answered, and the outcome told. */
  private static final int TICKS = 40;

  private final NodeCluster cluster = new NodeCluster(3);

  @AfterEach
  void close() {
    cluster.close();
  }

  private TestNode leader() {
    return cluster.node(cluster.elect());
  }

  private List<TestNode> followers(TestNode leader) {
    List<TestNode> followers = new ArrayList<>();
    for (long number = 1; number <= 3; number++) {
      if (number != leader.number) {
        followers.add(cluster.node(number));
      }
    }
    return followers;
  }

  @Test
  void equalReplicasAgreeUpToTheLastEntry() {
    TestNode leader = leader();
    leader.propose("a").join();

    cluster.tick(TICKS);

    long applied = leader.node.status().appliedIndex();
    for (long number = 1; number <= 3; number++) {
      TestNode node = cluster.node(number);
      assertThat(node.failures).isEmpty();
      assertThat(node.node.status().isStateInDoubt()).isFalse();
      assertThat(node.node.status().agreedIndex()).isEqualTo(applied);
    }
  }

  @Test
  void followerThatDiffersFromAQuorumStops() {
    TestNode leader = leader();
    TestNode wrong = followers(leader).get(0);
    leader.propose("a").join();
    wrong.machine.corrupt("never written");
    leader.propose("b").join();

    cluster.tick(TICKS);

    assertThat(wrong.failures)
        .singleElement()
        .isInstanceOf(StateDiffersException.class)
        .asString()
        .contains("differs from that of a quorum");
    assertThat(leader.failures).isEmpty();
    assertThat(followers(leader).get(1).failures).isEmpty();
  }

  @Test
  void leaderThatDiffersFromAQuorumStopsAndAnotherTakesOver() {
    TestNode leader = leader();
    leader.propose("a").join();
    leader.machine.corrupt("never written");
    leader.propose("b").join();

    cluster.tick(TICKS);

    assertThat(leader.failures).singleElement().isInstanceOf(StateDiffersException.class);
    leader.stop();
    TestNode next = leader();
    assertThat(next.number).isNotEqualTo(leader.number);
    assertThat(next.propose("c").join()).asString().isEqualTo("C");
    assertThat(next.machine.commands()).containsExactly("a", "b", "c");
    followers(leader).forEach(node -> assertThat(node.failures).isEmpty());
  }

  @Test
  void nobodyStopsWhileTooFewAnswerToTellWhoIsWrong() {
    TestNode leader = leader();
    TestNode wrong = followers(leader).get(0);
    TestNode away = followers(leader).get(1);
    cluster.isolate(away.number);
    leader.propose("a").join();
    wrong.machine.corrupt("never written");
    leader.propose("b").join();

    cluster.tick(TICKS);

    assertThat(wrong.failures).isEmpty();
    assertThat(leader.failures).isEmpty();
    assertThat(leader.node.status().isStateInDoubt()).isTrue();
    assertThat(wrong.node.status().isStateInDoubt()).isTrue();

    cluster.heal();
    cluster.tick(TICKS);

    assertThat(wrong.failures).singleElement().isInstanceOf(StateDiffersException.class);
    assertThat(leader.failures).isEmpty();
    assertThat(leader.node.status().isStateInDoubt()).isFalse();
  }

  @Test
  void differenceThatIsOnDiskIsFoundAgainByTheNextLeader() {
    TestNode first = leader();
    TestNode wrong = followers(first).get(0);
    TestNode third = followers(first).get(1);
    cluster.isolate(third.number);
    first.propose("a").join();
    wrong.machine.corrupt("never written");
    first.propose("b").join();
    cluster.tick(TICKS);
    cluster.heal();
    first.stop();

    cluster.elect();
    cluster.tick(TICKS);

    // Two are left, and they differ: nobody can tell.
    assertThat(wrong.node.status().isStateInDoubt()).isTrue();
    assertThat(third.node.status().isStateInDoubt()).isTrue();

    first.start();
    cluster.tick(2 * TICKS);

    assertThat(wrong.failures).singleElement().isInstanceOf(StateDiffersException.class);
    assertThat(third.failures).isEmpty();
    assertThat(first.failures).isEmpty();
  }
}
