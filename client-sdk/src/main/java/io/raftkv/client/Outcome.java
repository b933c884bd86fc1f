package io.raftkv.client;

/** Whether a failed call may have changed the store. */
public enum Outcome {
  /** Certainly not: it can be sent again. */
  NOT_APPLIED,
  /**
   * It may have happened, or may happen yet. Read before you decide; a conditional write ({@link
   * PutOptions#withIfRevision}) can be sent again, because it applies once at most.
   */
  UNKNOWN,
  /** The call only reads; there is nothing to change. */
  READ
}
