package io.raftkv.raft;

/** How much more a member's disk can take; in order, the most first. */
public enum Room {
  /** The member has not said yet. */
  UNKNOWN,
  ENOUGH,
  /** What makes the store larger should not be written any more. */
  HARDLY_ANY,
  /** Its log takes no entries: it has room for the member's own votes, and little else. */
  NONE
}
