package io.raftkv.raft;

/**
 * A request that the node did not carry out, or does not know whether it did. A refusal, not a
 * fault: it has no stack trace.
 */
public final class RaftException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why, and whether the request may have taken effect. The order is that of the wire. */
  public enum Reason {
    /** No leader is known here. */
    NO_LEADER(true),
    /** This member led when it took the request, or the leader did, and then lost leadership. */
    LEADERSHIP_LOST(false),
    /** A queue or a budget is full. */
    QUEUE_FULL(true),
    /** The node is stopping. */
    SHUTTING_DOWN(true),
    /** Leadership is being handed over; ask again shortly. */
    TRANSFERRING(true),
    /** The chosen member cannot lead, or did not in time. */
    TRANSFER_FAILED(true),
    /** No such member. */
    MEMBER_NOT_FOUND(true),
    /** No answer within the time that the node gives a request. */
    TIMEOUT(false),
    /**
     * The node stopped because its disk failed or it found a defect, with this request under way.
     */
    STOPPED(false),
    /** The leader cannot read the command; it may be of another version. */
    UNKNOWN_COMMAND(true),
    /** The leader's disk has too little room for a command of this kind. */
    DISK_FULL(true),
    /** The members have changed since they were looked at. */
    CONFIG_CONFLICT(true),
    /** Another change of the members, or the election of the leader, is not complete yet. */
    CHANGE_IN_PROGRESS(true),
    /** Too few of those who would vote then answer the leader now, or there would be too many. */
    UNSAFE_CHANGE(true),
    /** The learner does not have what is committed yet. */
    NOT_CAUGHT_UP(true),
    /** A cluster needs somebody who votes. */
    LAST_VOTER(true),
    /** There is, or was, a member with this id, name or address. */
    MEMBER_EXISTS(true);

    private final boolean isNotApplied;

    Reason(boolean isNotApplied) {
      this.isNotApplied = isNotApplied;
    }

    /** True: certainly without effect. False: the outcome is unknown. */
    public boolean isNotApplied() {
      return isNotApplied;
    }
  }

  private final Reason reason;

  public RaftException(Reason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
