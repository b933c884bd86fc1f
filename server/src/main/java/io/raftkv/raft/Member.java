package io.raftkv.raft;

import java.util.Objects;

/**
 * A member as the configuration names it.
 *
 * @param name what people call it; unique within the cluster
 * @param peerAddress host:port that the other members connect to
 * @param replaces the voter that leaves in the moment in which this joining member becomes one;
 *     {@link MemberId#NONE} if none does
 */
public record Member(
    MemberId id, String name, String peerAddress, Standing standing, MemberId replaces) {

  /** What a member counts for. The order is that of the encoding. */
  public enum Standing {
    /** Receives the log; neither votes nor counts (Raft thesis 4.2.1). */
    LEARNER,
    /** Votes, and counts for what is committed. */
    VOTER,
    /** A learner that becomes a voter by itself once it has caught up. */
    JOINING
  }

  public Member {
    Objects.requireNonNull(id);
    Objects.requireNonNull(name);
    Objects.requireNonNull(peerAddress);
    if (!replaces.isNone() && standing != Standing.JOINING) {
      throw new IllegalArgumentException(name + " replaces " + replaces + " as " + standing);
    }
  }

  /** A voter, or a learner that stays one. */
  public Member(MemberId id, String name, String peerAddress, boolean isVoter) {
    this(id, name, peerAddress, isVoter ? Standing.VOTER : Standing.LEARNER, MemberId.NONE);
  }

  public boolean isVoter() {
    return standing == Standing.VOTER;
  }

  /** The same as a voter. */
  public Member asVoter() {
    return new Member(id, name, peerAddress, true);
  }

  /** A new member in the place of this one, which has nothing of the log yet. */
  public Member renewedAs(MemberId newId) {
    return new Member(newId, name, peerAddress, isVoter() ? Standing.JOINING : standing, replaces);
  }

  /** The same at another address. */
  public Member at(String newPeerAddress) {
    return new Member(id, name, newPeerAddress, standing, replaces);
  }

  /** The same, but another one goes in return. */
  public Member replacing(MemberId other) {
    return new Member(id, name, peerAddress, standing, other);
  }
}
