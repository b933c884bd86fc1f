package io.raftkv.core;

import static io.raftkv.core.CoreCluster.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Message;
import io.raftkv.raft.core.RoleName;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Nothing that one part of the leader does all the time keeps another part from ever being done.
 */
class StallTest {
  private final CoreCluster cluster = new CoreCluster(3);

  @Test
  void readsWithoutEndDoNotHideALostAppend() {
    cluster.elect(1);
    cluster.node(3).crash();
    cluster.lose(m -> m instanceof Message.AppendRequest);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.heal();

    for (int tick = 0; tick < 20; tick++) {
      // Each begins a round of heartbeats, so that none is ever due by time.
      cluster.node(1).core().readIndex(tick);
      cluster.tickAll(1);
    }

    assertThat(cluster.node(1).core().commitIndex())
        .isEqualTo(cluster.node(1).core().lastEntry().index());
  }

  @Test
  void readsDoNotMultiplyTheProbesOfAFollowerWithASlowDisk() { // one message until it is answered
    cluster.elect(1);
    cluster.node(3).holdDisk();
    cluster.node(1).core().unreachable(id(3));
    cluster.propose(1, "a");
    cluster.settle();
    int before = appendsTo(3).size();

    for (int read = 0; read < 50; read++) {
      cluster.node(1).core().readIndex(read);
      cluster.settle();
    }

    assertThat(appendsTo(3).size() - before).isLessThanOrEqualTo(1);
    cluster.node(3).releaseDisk();
    cluster.tickAll(4);
    assertThat(cluster.node(3).core().commitIndex())
        .isEqualTo(cluster.node(1).core().commitIndex());
  }

  private List<Message> appendsTo(int member) {
    return cluster.delivered().stream()
        .filter(m -> m instanceof Message.AppendRequest && m.to().equals(id(member)))
        .toList();
  }

  @Test
  void deposedByATransferALeaderDoesNotSnatchItBack() { // thesis 3.10
    CoreCluster slow = new CoreCluster(3, CoreCluster.OPTIONS.withTimeouts(10, 100), List.of());
    slow.elect(1);
    slow.tickAll(20);
    slow.node(1).holdDisk();
    slow.node(3).holdDisk();

    slow.node(1).core().transferLeadership(id(2));
    slow.settle();
    long term = slow.node(2).core().term();
    slow.tick(1, 99);

    // The votes take their time; n1 waits for them as any follower would.
    assertThat(slow.node(1).core().roleName()).isEqualTo(RoleName.FOLLOWER);
    slow.node(3).releaseDisk();
    slow.settle();
    assertThat(slow.leader()).isEqualTo(2);
    assertThat(slow.node(2).core().term()).isEqualTo(term);
  }

  @Test
  void leaderWithAHungDiskHandsOver() {
    cluster.elect(1);
    cluster.tickAll(4);
    cluster.node(1).holdDisk();
    cluster.propose(1, "a");

    cluster.tickAll(5 * CoreCluster.OPTIONS.electionTicks());

    assertThat(cluster.leader()).isIn(2, 3);
    cluster.propose(cluster.leader(), "b");
    cluster.settle();
    assertThat(cluster.node(cluster.leader()).core().commitIndex())
        .isEqualTo(cluster.node(cluster.leader()).core().lastEntry().index());
  }

  @Test
  void leaderMakesWayIfItsQuorumOnlyAnswersHeartbeats() {
    CoreCluster five = new CoreCluster(5);
    five.elect(1);
    five.tickAll(4);
    // n3 answers, but its disk takes nothing; n2 hears both sides, and would stay with its leader.
    five.partition(List.of(1, 3), List.of(4, 5));
    five.node(3).holdDisk();
    five.propose(1, "a");

    five.tickAll(8 * CoreCluster.OPTIONS.electionTicks());

    assertThat(five.leader()).isEqualTo(2);
    assertThat(five.node(2).applied())
        .extracting(entry -> new String(entry.data(), StandardCharsets.UTF_8))
        .contains("a");
  }

  @Test
  void followerThatIsBroughtUpToDateIsNotTakenForStalled() {
    cluster.elect(1);
    cluster.node(3).crash();
    cluster.tickAll(4);
    cluster.propose(1, "a");
    cluster.settle();

    cluster.tickAll(20 * CoreCluster.OPTIONS.electionTicks());

    assertThat(cluster.leader()).isEqualTo(1);
    assertThat(cluster.node(1).core().term()).isEqualTo(2);
  }

  @Test
  void disksThatAreSlowEverywhereDoNotDeposeALeader() {
    cluster.elect(1);
    cluster.tickAll(4);
    cluster.propose(1, "a");

    for (int i = 0; i < 20; i++) {
      for (int number = 1; number <= 3; number++) {
        cluster.node(number).holdDisk();
      }
      cluster.tickAll(3 * CoreCluster.OPTIONS.electionTicks() / 2);
      for (int number = 1; number <= 3; number++) {
        cluster.node(number).releaseDisk();
      }
      cluster.settle();
      assertThat(cluster.leader()).isEqualTo(1);
      cluster.propose(1, "b" + i);
    }

    assertThat(cluster.node(1).applied())
        .extracting(entry -> new String(entry.data(), StandardCharsets.UTF_8))
        .contains("a", "b18");
  }

  @Test
  void candidateWithAHungDiskAsksForOneTermOnly() { // its refusals would end all other elections
    cluster.node(2).holdDisk();
    cluster.campaign(2);
    long term = cluster.node(2).core().term();

    cluster.tick(2, 10 * CoreCluster.OPTIONS.electionTicks());
    assertThat(cluster.node(2).core().term()).isEqualTo(term);
    cluster.campaign(1); // learns the term
    cluster.elect(1);

    assertThat(cluster.leader()).isEqualTo(1);
  }

  @Test
  void pauseOfALeaderAloneDoesNotDeposeIt() { // all ticks at once, the answers still in the socket
    cluster.elect(1);
    cluster.tickAll(4);

    for (int i = 0; i <= CoreCluster.OPTIONS.electionTicks(); i++) {
      cluster.node(1).core().tick();
    }
    cluster.settle();

    assertThat(cluster.leader()).isEqualTo(1);
  }
}
