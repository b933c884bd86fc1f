package io.raftkv.client;

/** What a member is in its cluster. */
public enum MemberRole {
  FOLLOWER,
  LEADER,
  /** Receives the log but does not vote. */
  LEARNER,
  /** Asks whether it could win an election. */
  PRE_CANDIDATE,
  CANDIDATE,
  /** A role that this version of the client has no name for. */
  OTHER
}
