package io.raftkv.kv;

import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.RequestId;
import io.raftkv.proto.peer.v1.SessionRefusal;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Applies a write with a request id at most once (Raft thesis 6.3). Confined to the apply lane.
 *
 * <pre>
 *   results of one session, by sequence:
 *
 *      forgotten           kept, or not applied yet
 *   -----------------|--------------------------------->
 *   SEQUENCE_TOO_OLD  firstOutstanding: rises, never falls
 * </pre>
 *
 * <p>Within the window the order of sequences does not matter. A refusal changes nothing but when
 * the client was last heard and what it said of the window; it is not kept.
 */
final class OnceApplier {
  private final KvLimits limits;

  OnceApplier(KvLimits limits) {
    this.limits = limits;
  }

  /** The result of the write: of {@code apply}, or what it was when that was done before. */
  byte[] apply(KvState state, RequestId id, Supplier<CommandResult> apply) {
    Session found = state.session(id.getSessionId());
    if (found == null) {
      return refused(state, whyNotOpen(state, id.getSessionId()));
    }
    Session session = state.sessionHeard(found, id.getFirstOutstanding());
    if (id.getSequence() < session.firstOutstanding()) {
      return refused(state, SessionRefusal.SEQUENCE_TOO_OLD);
    }
    byte @Nullable [] kept = session.results().get(id.getSequence());
    if (kept != null) {
      return kept;
    }
    if (isFull(state, session)) {
      return refused(state, SessionRefusal.TOO_MANY_RESULTS);
    }
    byte[] result = apply.get().toByteArray();
    state.keepSessionResult(session.id(), id.getSequence(), result);
    return result;
  }

  /** Exceeded by one result at most: how large it is shows when the write is done. */
  private boolean isFull(KvState state, Session session) {
    return session.results().count() >= limits.sessionResultsMax()
        || session.results().bytes() >= limits.sessionResultBytesMax()
        || state.sessionResultBytes() >= limits.resultBytesMax();
  }

  static SessionRefusal whyNotOpen(KvState state, long sessionId) {
    return state.wasSessionOpened(sessionId)
        ? SessionRefusal.ENDED_SESSION
        : SessionRefusal.UNKNOWN_SESSION;
  }

  private static byte[] refused(KvState state, SessionRefusal refusal) {
    return CommandResult.newBuilder()
        .setRevision(state.revision())
        .setSessionRefusal(refusal)
        .build()
        .toByteArray();
  }
}
