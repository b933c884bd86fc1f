package io.raftkv.cli;

import io.raftkv.client.KvException;
import io.raftkv.client.Reason;

/** What the exit codes mean. They are part of the contract: scripts depend on them. */
final class ExitCode {
  static final int OK = 0;

  /** Not found, or a condition did not hold. */
  static final int NOT_FOUND = 1;

  /** Usage, or input that is not valid. */
  static final int INVALID = 2;

  /** Nobody could do it now. A write certainly did not happen. */
  static final int UNAVAILABLE = 3;

  static final int DENIED = 4;

  /** A write may have happened, or may happen yet. */
  static final int OUTCOME_UNKNOWN = 5;

  static final int CORRUPT = 6;

  private ExitCode() {}

  static int of(KvException e) {
    // Damage needs a person, whatever became of the call.
    if (e.reason().kind() == Reason.Kind.CORRUPT) {
      return CORRUPT;
    }
    if (e.isOutcomeUnknown()) {
      return OUTCOME_UNKNOWN;
    }
    boolean isOfSession =
        e.reason() == Reason.SESSION_EXPIRED || e.reason() == Reason.SESSION_UNKNOWN;
    if (isOfSession && !e.metadata().containsKey("field")) {
      // The session of the client itself: no condition that anybody asked for.
      return UNAVAILABLE;
    }
    return switch (e.reason().kind()) {
      case CONDITION, NOT_FOUND -> NOT_FOUND;
      case INVALID, OUT_OF_RANGE -> INVALID;
      case DENIED -> DENIED;
      case CORRUPT -> CORRUPT;
      case UNAVAILABLE, EXHAUSTED, DEFECT, CANCELLED -> UNAVAILABLE;
    };
  }
}
