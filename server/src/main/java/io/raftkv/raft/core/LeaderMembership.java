package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.RaftException.Reason;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A leader's hand on the members: one change at a time, each in force from the moment its entry is
 * in the log (Raft thesis 4.1), none before the leader has committed an entry of its own term
 * (Ongaro's correction of 2015: two leaders in turn could otherwise each change one member without
 * sharing a majority).
 *
 * <pre>
 *   add      learner ──(has caught up: by itself if JOINING, else when told)──> voter
 *   replace  the new one JOINING, then both at once: joint ──(committed)──> without the old one;
 *            in place, with name and address of a dead one: the old one goes first, as in remove
 *   remove   without it; a leader that removed itself leads until that is committed
 * </pre>
 */
final class LeaderMembership {
  private final RaftCore core;
  private final Leader leader;

  /** What was committed at the last heartbeat, and at the one before. */
  private long committedLately = Long.MAX_VALUE;

  private long committedBefore = Long.MAX_VALUE;

  LeaderMembership(RaftCore core, Leader leader) {
    this.core = core;
    this.leader = leader;
  }

  /** Makes the change, or tells what it would be; see {@link RaftCore#changeMembership}. */
  ChangeOutcome change(MembershipChange change) {
    Optional<Reason> refusal = refusalOf(change);
    if (refusal.isPresent()) {
      return ChangeOutcome.refused(refusal.get());
    }
    MembershipChanges.Outcome outcome = changes(leader::isActive).of(change);
    if (!outcome.equals(changes(leader::mayBeActive).of(change))) {
      // It hangs on members that a new leader has had no time to hear.
      return ChangeOutcome.refused(Reason.CHANGE_IN_PROGRESS);
    }
    if (outcome.refusal().isPresent()) {
      return ChangeOutcome.refused(outcome.refusal().get());
    }
    boolean isDone = outcome.next().equals(core.configuration());
    if (!isDone && !change.isDryRun()) {
      append(outcome.next());
    }
    return ChangeOutcome.of(new Membership(core.configurationIndex(), outcome.next()));
  }

  private Optional<Reason> refusalOf(MembershipChange change) {
    if (leader.isTransferring()) {
      return Optional.of(Reason.TRANSFERRING);
    }
    if (change.expectedIndex() != 0 && change.expectedIndex() != core.configurationIndex()) {
      return Optional.of(Reason.CONFIG_CONFLICT);
    }
    return isSettled() ? Optional.empty() : Optional.of(Reason.CHANGE_IN_PROGRESS);
  }

  /** Whether the latest change is over, and this leader knows what is committed. */
  private boolean isSettled() {
    return isCommitted() && !core.configuration().isJoint();
  }

  private boolean isCommitted() {
    RaftLog log = core.log();
    return core.configurationIndex() <= log.commitIndex()
        && log.term(log.commitIndex()) == core.term();
  }

  private MembershipChanges changes(Predicate<MemberId> isActive) {
    return new MembershipChanges(core.configuration(), isActive, this::isCaughtUp);
  }

  /**
   * It has everything that was committed a heartbeat ago, and the configuration that it is part of,
   * and goes on.
   */
  private boolean isCaughtUp(MemberId member) {
    Progress follower = leader.find(member);
    return follower != null
        && follower.isActive
        && follower.isReplicating()
        && follower.match() >= Math.max(committedBefore, core.configurationIndex());
  }

  /** A heartbeat's time has passed. */
  void heartbeatDue() {
    committedBefore = committedLately;
    committedLately = core.log().commitIndex();
  }

  /** We lead a cluster that we are no longer part of (thesis 4.2.2), and that is committed. */
  boolean isRemoved() {
    return isCommitted() && !core.configuration().isJoint() && !core.isVoter();
  }

  /** Takes the next step of a change that takes several. */
  void advance() {
    if (!isCommitted() || leader.isTransferring()) {
      return;
    }
    Configuration configuration = core.configuration();
    if (configuration.isJoint()) {
      append(configuration.left());
    } else if (isRemoved()) {
      leader.abdicate();
    } else {
      promote(configuration);
    }
  }

  /** Those that joined to vote do, one after the other. */
  private void promote(Configuration configuration) {
    for (Member member : configuration.members()) {
      if (member.standing() == Member.Standing.JOINING && isCaughtUp(member.id())) {
        MembershipChanges.Outcome outcome =
            changes(leader::isActive).of(MembershipChange.promote(member.id()));
        if (outcome.refusal().isEmpty()) {
          append(outcome.next());
          return;
        }
      }
    }
  }

  private void append(Configuration next) {
    leader.append(LogEntry.Kind.CONFIGURATION, 0, next.encode());
    leader.followConfiguration();
  }
}
