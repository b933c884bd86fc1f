package io.raftkv.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Message;
import io.raftkv.raft.Room;
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

  private Room roomAt(int member) {
    return cluster.node(member).core().roomToPropose();
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
    assertThat(roomAt(leader)).isEqualTo(Room.ENOUGH);
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
    assertThat(roomAt(1)).isEqualTo(Room.HARDLY_ANY);
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
    assertThat(roomAt(cluster.leader())).isEqualTo(Room.HARDLY_ANY);
  }

  @Test
  void leaderWithRoomRefusesWhatAQuorumHasNoRoomFor() {
    cluster.elect(1);

    fill(3);
    assertThat(roomAt(1)).isEqualTo(Room.ENOUGH);
    fill(2, 3);
    assertThat(roomAt(1)).isEqualTo(Room.HARDLY_ANY);
    assertThat(cluster.leader()).isEqualTo(1);
    fill();
    assertThat(roomAt(1)).isEqualTo(Room.ENOUGH);
  }

  @Test
  void newLeaderTakesTheOthersToHaveRoomUntilTheySpeak() {
    cluster.lose(m -> m instanceof Message.HeartbeatResponse);
    cluster.elect(1);

    assertThat(roomAt(1)).isEqualTo(Room.ENOUGH);
  }

  private void fillLog(Integer... members) {
    for (int member = 1; member <= 3; member++) {
      long bytes = List.of(members).contains(member) ? 1_000 : Long.MAX_VALUE;
      cluster.node(member).core().logRoom(bytes);
    }
    cluster.tickAll(2 * CoreCluster.OPTIONS.heartbeatTicks());
  }

  private long lastIndexOf(int member) {
    return cluster.node(member).core().lastEntry().index();
  }

  @Test
  void fullLogTakesNothingAndCatchesUpWhenThereIsRoom() {
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.tickAll(4);
    fillLog(3);
    long full = lastIndexOf(3);

    cluster.propose(1, "b", "c");
    cluster.tickAll(4 * ELECTION_TICKS);

    assertThat(cluster.leader()).isEqualTo(1);
    assertThat(roomAt(1)).isEqualTo(Room.ENOUGH);
    assertThat(lastIndexOf(2)).isEqualTo(full + 2);
    assertThat(lastIndexOf(3)).isEqualTo(full);
    fillLog();
    cluster.tickAll(ELECTION_TICKS);
    assertThat(lastIndexOf(3)).isEqualTo(full + 2);
  }

  @Test
  void leaderWhoseLogIsFullOrThatOfAQuorumTakesNothing() {
    cluster.elect(1);
    fillLog(2, 3);
    assertThat(roomAt(1)).isEqualTo(Room.NONE);
    fillLog(1, 2);
    assertThat(roomAt(1)).isEqualTo(Room.NONE);
    fillLog(2);
    assertThat(roomAt(1)).isEqualTo(Room.ENOUGH);
  }
}
