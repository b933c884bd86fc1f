package io.raftkv.client.impl;

import io.raftkv.client.Endpoint;
import io.raftkv.client.KvException;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt, or a whole call, failed.
 *
 * @param detail what happened, in words
 * @param isFromServer whether a raftkv server said so itself
 * @param retryDelayNanos when the server wants to be asked again; negative: it did not say
 */
record Failure(
    Reason reason,
    Outcome outcome,
    String detail,
    Map<String, String> metadata,
    boolean isFromServer,
    long retryDelayNanos,
    @Nullable Throwable cause) {

  /** A failure on this side. */
  static Failure local(Reason reason, Outcome outcome, String detail) {
    return new Failure(reason, outcome, detail, Map.of(), false, -1, null);
  }

  /** The same failure of a call of which more is known. */
  Failure withOutcome(Outcome other) {
    return new Failure(reason, other, detail, metadata, isFromServer, retryDelayNanos, cause);
  }

  /** What it means to a write, without a session, that none could be opened for it. */
  Failure ofWrite(Outcome unsent) {
    String words = isFromServer ? "no session could be opened for it: " + detail : detail;
    return new Failure(reason, unsent, words, metadata, isFromServer, retryDelayNanos, cause);
  }

  /**
   * Whether the session that marks the request is not open any more, so that it was not applied.
   * The one that a key was to be attached to is another matter, and named as a field.
   */
  boolean isSessionEnded() {
    return isFromServer
        && (reason == Reason.SESSION_EXPIRED || reason == Reason.SESSION_UNKNOWN)
        && !metadata.containsKey("field");
  }

  /**
   * Whether the session that marks the request is of no use any more: it has ended, or the servers
   * believe that its client waits for none of its numbers, which somebody else must have said.
   */
  boolean spoilsSession() {
    return isSessionEnded() || (isFromServer && reason == Reason.SEQUENCE_TOO_OLD);
  }

  /** Whether this is what became of the write when it was applied, not of one attempt at it. */
  boolean isResult() {
    return isFromServer
        && (reason == Reason.CONDITION_FAILED || reason == Reason.TOO_MANY_OPERATIONS);
  }

  /** Whether it says that its member does not lead, or not any more. */
  boolean deniesLeadership() {
    return switch (reason) {
      case NO_LEADER,
          NOT_READY,
          SNAPSHOT_INSTALLING,
          SHUTTING_DOWN,
          LEADERSHIP_LOST,
          UNREACHABLE,
          CONNECTION_LOST ->
          true;
      default -> false;
    };
  }

  /** Whether it may go away by itself. */
  boolean isTransient() {
    return switch (reason) {
      case NO_LEADER,
          NOT_READY,
          SNAPSHOT_INSTALLING,
          SHUTTING_DOWN,
          LEADERSHIP_LOST,
          TIMEOUT,
          QUEUE_FULL,
          MEMORY_PRESSURE,
          STALE,
          UNREACHABLE,
          CONNECTION_LOST ->
          true;
      default -> false;
    };
  }

  /**
   * The exception for the caller: what, where, what to do.
   *
   * @param endpoint the member that was asked last; null: none was
   * @param attempts how many were made
   */
  KvException toException(
      Method<?, ?> method, @Nullable Endpoint endpoint, int attempts, long elapsedNanos) {
    StringBuilder message = new StringBuilder(method.name());
    if (endpoint != null) {
      message.append(" at ").append(endpoint);
    }
    message.append(": ").append(detail).append(" (").append(reason);
    if (attempts > 1) {
      message.append(String.format(Locale.ROOT, ", %d attempts", attempts));
      message.append(String.format(Locale.ROOT, " in %.1f s", elapsedNanos / 1e9));
    }
    message.append(')');
    if (outcome == Outcome.UNKNOWN) {
      message.append("; it may have happened or not: read before you repeat it");
    } else if (isTransient()) {
      message.append(
          outcome == Outcome.READ ? "; try again later" : "; not applied, safe to send again");
    }
    return new KvException(reason, outcome, message.toString(), endpoint, metadata, cause);
  }
}
