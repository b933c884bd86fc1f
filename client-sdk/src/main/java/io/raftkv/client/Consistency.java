package io.raftkv.client;

/** What a read is promised to see. */
public enum Consistency {
  /** Every write that was acknowledged before the read was sent. The default. */
  LINEARIZABLE,
  /** What the asked member has applied, but not less than {@link ReadOptions#minRevision()}. */
  SESSION,
  /**
   * What the asked member has applied, if it heard from a leader within {@link
   * ReadOptions#maxStaleness()}.
   */
  BOUNDED,
  /**
   * Whatever the asked member has applied, however old. Only the client's endpoints are asked,
   * never a member it learned of: with one endpoint, that one.
   */
  LOCAL
}
