package io.raftkv.raft.core;

import io.raftkv.raft.Membership;
import io.raftkv.raft.RaftException.Reason;
import java.util.Optional;

/**
 * What became of a change of the members.
 *
 * @param refusal why nothing was changed
 * @param membership without a refusal: what is in force now, or, of a dry run, would be
 */
public record ChangeOutcome(Optional<Reason> refusal, Optional<Membership> membership) {
  static ChangeOutcome refused(Reason reason) {
    return new ChangeOutcome(Optional.of(reason), Optional.empty());
  }

  static ChangeOutcome of(Membership membership) {
    return new ChangeOutcome(Optional.empty(), Optional.of(membership));
  }
}
