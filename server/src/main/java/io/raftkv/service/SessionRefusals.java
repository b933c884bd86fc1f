package io.raftkv.service;

import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.v1.Reason;

/** What it means to a client that a command was refused for its session. */
final class SessionRefusals {
  private SessionRefusals() {}

  /**
   * Throws unless the command was carried out.
   *
   * @param ifEnded the outcome if the session has ended: unknown for a write, which may have been
   *     sent, and applied, before
   * @throws Refusal with the reason
   */
  static void check(CommandResult result, Outcome ifEnded) {
    switch (result.getSessionRefusal()) {
      case SESSION_REFUSAL_NONE -> {}
      case UNKNOWN_SESSION ->
          throw Refusal.of(Reason.SESSION_UNKNOWN, "no session was ever opened with this id");
      case ENDED_SESSION ->
          throw Refusal.of(
              Reason.SESSION_EXPIRED,
              ifEnded,
              "the session has expired or was closed; what was sent before may have happened");
      case SEQUENCE_TOO_OLD ->
          throw Refusal.of(
              Reason.SEQUENCE_TOO_OLD,
              "the sequence is below the first outstanding one; what came of it is forgotten");
      case TOO_MANY_RESULTS ->
          throw Refusal.of(
              Reason.QUEUE_FULL, "too many answers are kept: raise first_outstanding, or wait");
      case TOO_MANY_SESSIONS ->
          throw Refusal.of(
              Reason.QUOTA_EXCEEDED,
              "too many sessions are open; those of clients that have gone expire");
      case ATTACHED_TO_UNKNOWN_SESSION ->
          throw Refusal.field(
              Reason.SESSION_UNKNOWN, "session_id", "no session was ever opened with this id");
      case ATTACHED_TO_ENDED_SESSION ->
          throw Refusal.field(
              Reason.SESSION_EXPIRED,
              Outcome.NOT_APPLIED,
              "session_id",
              "the session has expired or was closed");
      case TOO_MANY_ATTACHED ->
          throw Refusal.field(
              Reason.QUOTA_EXCEEDED, "session_id", "too many keys are attached to the session");
      case UNRECOGNIZED -> throw new IllegalStateException("a refusal of a newer version");
    }
  }
}
