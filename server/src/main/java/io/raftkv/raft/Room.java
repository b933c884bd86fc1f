package io.raftkv.raft;

/** How much more a member's disk can take; in order, the most first. */
public enum Room {
  /** The member has not said yet. */
  UNKNOWN,
  ENOUGH,
  /** What makes the store larger should not be written any more. */
  HARDLY_ANY,
  /** Its log takes no entries: it has room for the member's own votes, and little else. */
  NONE;

  /**
   * A log with room for less takes no entries. More than the largest append, and some thousand
   * terms and votes, which cannot be refused: without room for those a member has to stop.
   */
  public static final long LOG_BYTES_MIN = 4 << 20;
}
