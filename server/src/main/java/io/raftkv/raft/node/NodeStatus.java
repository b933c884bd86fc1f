package io.raftkv.raft.node;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.MemberId;
import java.util.List;

/**
 * What a node says of itself: a snapshot of the core lane's state after its latest turn.
 *
 * @param leader the leader of this term as this node knows it, or {@link MemberId#NONE}
 * @param configurationIndex index of the entry that holds the configuration in force
 * @param durableIndex up to here this node's own log survives a power cut
 * @param isRemoved this node has learned that the others removed it
 * @param freshAtNanos {@link NodeClock#nanoTime} of a moment at which nothing was committed that is
 *     not applied here by now, as far as a leader has told, or, on the leader, a quorum has
 *     confirmed; {@link Long#MIN_VALUE} if there was none in this life of the node
 * @param agreedIndex up to this entry this node's state was found to be that of the leader, or, on
 *     the leader, of a quorum
 * @param isStateInDoubt some replica's state differs, and too few have answered to tell which one
 *     is wrong
 * @param followers on the leader, what it knows of the other members; else empty
 */
public record NodeStatus(
    MemberId self,
    Role role,
    long term,
    MemberId leader,
    Configuration configuration,
    long configurationIndex,
    long firstIndex,
    long lastIndex,
    long commitIndex,
    long appliedIndex,
    long durableIndex,
    long snapshotIndex,
    boolean isRemoved,
    long freshAtNanos,
    long agreedIndex,
    boolean isStateInDoubt,
    List<Follower> followers) {

  /** Roles, as people see them. */
  public enum Role {
    FOLLOWER,
    PRE_CANDIDATE,
    CANDIDATE,
    LEADER
  }

  /**
   * A follower as its leader sees it.
   *
   * @param isActive it answered within the last election timeout
   */
  public record Follower(MemberId id, long matchIndex, boolean isActive) {}

  public boolean isLeader() {
    return role == Role.LEADER;
  }
}
