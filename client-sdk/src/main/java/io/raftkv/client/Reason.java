package io.raftkv.client;

/** Why a call failed. The names are those of the servers; a few are the client's own. */
public enum Reason {
  /** No leader is known at the moment. */
  NO_LEADER(Kind.UNAVAILABLE),
  /** The member does not serve yet. */
  NOT_READY(Kind.UNAVAILABLE),
  /** The member is receiving a snapshot. */
  SNAPSHOT_INSTALLING(Kind.UNAVAILABLE),
  /** The member is stopping. */
  SHUTTING_DOWN(Kind.UNAVAILABLE),
  /** The leader took the write and then lost its office. */
  LEADERSHIP_LOST(Kind.UNAVAILABLE),
  /** The call's time was over. */
  TIMEOUT(Kind.UNAVAILABLE),

  /** Too many calls are under way, at the server or, without an endpoint, in this client. */
  QUEUE_FULL(Kind.EXHAUSTED),
  MEMORY_PRESSURE(Kind.EXHAUSTED),
  DISK_FULL(Kind.EXHAUSTED),
  QUOTA_EXCEEDED(Kind.EXHAUSTED),

  /** {@code ifAbsent} or {@code ifRevision} did not hold; see {@link KvException#modRevision()}. */
  CONDITION_FAILED(Kind.CONDITION),
  /** The text view of the store met bytes that are not UTF-8. */
  NOT_UTF8(Kind.CONDITION),

  /** The session has expired or was closed. */
  SESSION_EXPIRED(Kind.CONDITION),
  /** No session was ever opened with this id. */
  SESSION_UNKNOWN(Kind.CONDITION),
  /** What came of a write of a session is forgotten: it was given up. */
  SEQUENCE_TOO_OLD(Kind.CONDITION),

  /** That revision is forgotten; {@link KvException#revision()} is where to start again. */
  COMPACTED(Kind.OUT_OF_RANGE),
  /** That revision does not exist yet. */
  FUTURE_REVISION(Kind.OUT_OF_RANGE),
  /** The bound on staleness cannot be met. */
  STALE(Kind.UNAVAILABLE),

  KEY_EMPTY(Kind.INVALID),
  KEY_TOO_LARGE(Kind.INVALID),
  VALUE_TOO_LARGE(Kind.INVALID),
  REQUEST_TOO_LARGE(Kind.INVALID),
  TOO_MANY_OPERATIONS(Kind.INVALID),
  DUPLICATE_KEY(Kind.INVALID),
  BAD_RANGE(Kind.INVALID),
  BAD_PAGE_TOKEN(Kind.INVALID),
  BAD_LIMIT(Kind.INVALID),
  BAD_REVISION(Kind.INVALID),
  BAD_DURATION(Kind.INVALID),
  BAD_CONSISTENCY(Kind.INVALID),
  /** The bytes of the request are no message of its method. */
  MALFORMED_REQUEST(Kind.INVALID),
  BAD_REQUEST_ID(Kind.INVALID),
  NAME_TOO_LARGE(Kind.INVALID),

  MEMBER_NOT_FOUND(Kind.NOT_FOUND),
  /** The chosen member cannot lead, or did not in time. */
  TRANSFER_FAILED(Kind.CONDITION),
  /** The members have changed since they were read. */
  CONFIG_CONFLICT(Kind.CONDITION),
  /** Another change of the members, or an election, is not complete yet: ask again. */
  CHANGE_IN_PROGRESS(Kind.CONDITION),
  /** Afterwards too few voters would answer, or there would be too many members. */
  UNSAFE_CHANGE(Kind.CONDITION),
  /** The learner lacks something that is committed: wait. */
  NOT_CAUGHT_UP(Kind.CONDITION),
  /** Nobody would vote. */
  LAST_VOTER(Kind.CONDITION),
  /** There is, or was, a member with this id, name or address. */
  MEMBER_EXISTS(Kind.CONDITION),
  /** No id, name or address of a member. */
  BAD_MEMBER(Kind.INVALID),

  /** Stored data is damaged: a person has to look. */
  CORRUPT(Kind.CORRUPT),
  /** A defect of the server. */
  INTERNAL_ERROR(Kind.DEFECT),

  UNAUTHENTICATED(Kind.DENIED),
  PERMISSION_DENIED(Kind.DENIED),

  /** No connection to a member could be made. */
  UNREACHABLE(Kind.UNAVAILABLE),
  /** The connection broke after the request had been handed to it. */
  CONNECTION_LOST(Kind.UNAVAILABLE),
  /** This client was closed. */
  CLIENT_CLOSED(Kind.CANCELLED),
  /** The waiting thread was interrupted. */
  INTERRUPTED(Kind.CANCELLED),
  /** The server has no such method: it is older than this client, or no raftkv at all. */
  UNIMPLEMENTED(Kind.DEFECT),
  /** An answer that this client does not understand; the message quotes it. */
  UNRECOGNIZED(Kind.DEFECT);

  /** What a caller can do about it. */
  public enum Kind {
    /** Wait, and try again. */
    UNAVAILABLE,
    /** A limit is reached: send less, or free something. */
    EXHAUSTED,
    /** The state is not what the request requires: read it again. */
    CONDITION,
    /** The revision is outside of what is kept. */
    OUT_OF_RANGE,
    /** The request is wrong: correct it. */
    INVALID,
    NOT_FOUND,
    DENIED,
    CORRUPT,
    /** A defect, or programs that do not fit together. */
    DEFECT,
    /** Given up on this side. */
    CANCELLED
  }

  private final Kind kind;

  Reason(Kind kind) {
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
