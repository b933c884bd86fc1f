package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Room;
import java.util.List;

/** A leader's own disk: where it hangs, or is full, one of the others leads better. */
final class LeaderDisk {
  private final RaftCore core;
  private final Leader leader;

  /** Since our own disk last made progress while it had something to do. */
  private int ticksSinceDurable;

  private long seenDurable;

  /** Since our own disk has been full, and another one could lead. */
  private int ticksFull;

  LeaderDisk(RaftCore core, Leader leader) {
    this.core = core;
    this.leader = leader;
  }

  void tick() {
    handOverIfItHangs();
    handOverIfItIsFull();
  }

  /**
   * A leader whose disk hangs commits with the others' disks, until what it keeps for its own is
   * too much.
   */
  private void handOverIfItHangs() {
    long durable = core.log().durableIndex();
    if (durable != seenDurable || durable == core.log().lastIndex()) {
      seenDurable = durable;
      ticksSinceDurable = 0;
    } else if (!leader.isTransferring()
        && ++ticksSinceDurable >= 2 * core.options().electionTicks()) {
      ticksSinceDurable = 0;
      Progress best = leader.mostUpToDate(follower -> true);
      if (best != null && best.match() > durable) {
        leader.transferTo(best.id);
      }
    }
  }

  /**
   * A leader whose disk is full must refuse what makes the store larger. If a quorum has room
   * without it, it need not lead.
   */
  private void handOverIfItIsFull() {
    if (core.room() == Room.ENOUGH
        || !Quorum.isQuorum(core.configuration(), this::hasRoomForSure)) {
      ticksFull = 0;
    } else if (!leader.isTransferring() && ticksFull++ % core.options().electionTicks() == 0) {
      Progress best = leader.mostUpToDate(LeaderDisk::isRoomy);
      if (best != null) {
        leader.transferTo(best.id);
      }
    }
  }

  private static boolean isRoomy(Progress follower) {
    return follower.isActive && follower.room() == Room.ENOUGH;
  }

  private boolean hasRoomForSure(MemberId voter) {
    Progress follower = leader.find(voter);
    return follower != null && isRoomy(follower);
  }

  /** See {@link RaftCore#roomToPropose}; who has not said anything is taken to have room. */
  Room roomToPropose() {
    Room own = core.room();
    if (own == Room.ENOUGH && !isAnybodyShort()) {
      return own;
    }
    Room ofQuorum =
        isQuorumWithout(Room.HARDLY_ANY, Room.NONE)
            ? Room.ENOUGH
            : isQuorumWithout(Room.NONE) ? Room.HARDLY_ANY : Room.NONE;
    return own.compareTo(ofQuorum) > 0 ? own : ofQuorum;
  }

  private boolean isAnybodyShort() {
    for (Progress follower : leader.followers()) {
      if (follower.room().compareTo(Room.ENOUGH) > 0) {
        return true;
      }
    }
    return false;
  }

  private boolean isQuorumWithout(Room... rooms) {
    return Quorum.isQuorum(
        core.configuration(),
        voter -> {
          Progress follower = leader.find(voter);
          return follower == null || !List.of(rooms).contains(follower.room());
        });
  }
}
