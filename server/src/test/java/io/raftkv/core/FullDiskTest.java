package io.raftkv.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever has no room does not lead if it can be helped, and nobody fills the disks of others. */
class FullDiskTest {
  private static final int ELECTION_TICKS = CoreCluster.OPTIONS.electionTicks();

  private final CoreCluster cluster = new CoreCluster(3);

  private void fill(Integer... members) {
    for (int member = 1; member <= 3; member++) {
      cluster.node(member).core().diskFull(List.of(members).contains(member));
    }
    cluster.tickAll(2 * CoreCluster.OPTIONS.heartbeatTicks());
  }

  private long transfers() {
    return cluster.delivered().stream().filter(m -> m instanceof Message.TimeoutNow).count();
  }

  @Test
  void leaderWithoutRoomHandsOverToTheMemberThatHas() {
    cluster.elect(1);
    cluster.tickAll(4);

    fill(1);
    cluster.tickAll(ELECTION_TICKS);

    int leader = cluster.leader();
    assertThat(leader).isIn(2, 3);
    assertThat(cluster.node(leader).core().hasRoom()).isTrue();
  }

  @Test
  void leaderWithoutRoomHandsOverAgainAndAgainUntilThatWorks() {
    cluster.elect(1);
    cluster.tickAll(4);
    cluster.lose(m -> m instanceof Message.TimeoutNow);
    fill(1);
    cluster.tickAll(3 * ELECTION_TICKS);
    assertThat(cluster.leader()).isEqualTo(1);

    cluster.heal();
    cluster.tickAll(3 * ELECTION_TICKS);

    assertThat(cluster.leader()).isIn(2, 3);
  }

  @Test
  void leaderWithoutRoomLeadsOnWhereNoQuorumHasRoomWithoutIt() {
    cluster.elect(1);
    fill(2);

    fill(1, 2);
    cluster.tickAll(5 * ELECTION_TICKS);

    // n3 could not commit without one of them.
    assertThat(cluster.leader()).isEqualTo(1);
    assertThat(cluster.node(1).core().hasRoom()).isFalse();
  }

  @Test
  void leadershipStaysWhereItIsWhenAllDisksAreFull() {
    cluster.elect(1);
    cluster.tickAll(4);

    for (int member = 1; member <= 3; member++) {
      cluster.node(member).core().diskFull(true);
    }
    cluster.tickAll(10 * ELECTION_TICKS);

    // The first answers after that may still have been of members with room.
    assertThat(transfers()).isLessThanOrEqualTo(1);
    assertThat(cluster.node(cluster.leader()).core().hasRoom()).isFalse();
  }

  @Test
  void leaderWithRoomRefusesWhatAQuorumHasNoRoomFor() {
    cluster.elect(1);

    fill(3);
    assertThat(cluster.node(1).core().hasRoom()).isTrue();
    fill(2, 3);
    assertThat(cluster.node(1).core().hasRoom()).isFalse();
    assertThat(cluster.leader()).isEqualTo(1);
    fill();
    assertThat(cluster.node(1).core().hasRoom()).isTrue();
  }

  @Test
  void newLeaderTakesTheOthersToHaveRoomUntilTheySpeak() {
    cluster.lose(m -> m instanceof Message.HeartbeatResponse);
    cluster.elect(1);

    assertThat(cluster.node(1).core().hasRoom()).isTrue();
  }
}
