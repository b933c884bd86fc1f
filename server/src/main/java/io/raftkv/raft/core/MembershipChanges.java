package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.RaftException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a change would make of the members, or why it is refused (Raft thesis 4.2). Whether a change
 * may be made at all now is the leader's to say.
 */
final class MembershipChanges {
  /** Voters and learners. */
  private static final int MEMBERS_MAX = 9;

  private final Configuration current;
  private final Predicate<MemberId> isActive;
  private final Predicate<MemberId> isCaughtUp;

  /** Either the members that would be, or a reason. */
  record Outcome(Optional<Reason> refusal, Configuration next) {}

  /**
   * @param isActive who answers the leader
   * @param isCaughtUp who has what is committed
   */
  MembershipChanges(
      Configuration current, Predicate<MemberId> isActive, Predicate<MemberId> isCaughtUp) {
    this.current = current;
    this.isActive = isActive;
    this.isCaughtUp = isCaughtUp;
  }

  Outcome of(MembershipChange change) {
    return switch (change.kind()) {
      case ADD -> add(change.member());
      case PROMOTE -> promote(change.member().id());
      case REMOVE -> remove(change.member().id());
      case MOVE -> move(change.member().id(), change.member().peerAddress());
    };
  }

  private Outcome add(Member added) {
    Optional<Member> same = current.member(added.id());
    if (same.isPresent() && !same.get().isVoter() && isInPlaceOf(added, same.get())) {
      // Asked again: the first answer may have been lost.
      return new Outcome(Optional.empty(), current);
    }
    Optional<Member> replaced = current.member(added.replaces());
    if (replaced.isPresent() && isInPlaceOf(added, replaced.get())) {
      return replaceInPlace(replaced.get(), added.id());
    }
    boolean isTaken =
        current.removed().contains(added.id())
            || current.members().stream()
                .anyMatch(
                    member ->
                        member.id().equals(added.id())
                            || member.name().equals(added.name())
                            || member.peerAddress().equals(added.peerAddress()));
    if (isTaken) {
      return refused(Reason.MEMBER_EXISTS);
    }
    if (!added.replaces().isNone() && replaced.isEmpty()) {
      return refused(Reason.MEMBER_NOT_FOUND);
    }
    if (added.isVoter()) {
      // It has nothing of the log yet.
      return refused(Reason.NOT_CAUGHT_UP);
    }
    if (current.members().size() >= MEMBERS_MAX) {
      return refused(Reason.UNSAFE_CHANGE);
    }
    List<Member> members = new ArrayList<>(current.members());
    members.add(added);
    return new Outcome(Optional.empty(), current.changedTo(members));
  }

  private static boolean isInPlaceOf(Member added, Member present) {
    return added.name().equals(present.name()) && added.peerAddress().equals(present.peerAddress());
  }

  /**
   * Whoever has lost what it knew comes back as somebody else: its votes and acknowledgements are
   * those of a dead member. The new one stands where the old one stood, but is a learner until it
   * has caught up. The old one goes at once, since nobody else will ever answer at its address.
   */
  private Outcome replaceInPlace(Member replaced, MemberId id) {
    if (current.removed().contains(id)) {
      return refused(Reason.MEMBER_EXISTS);
    }
    if (isActive.test(replaced.id())) {
      // It lives: this is a mistake, or its end has not been noticed yet.
      return refused(Reason.UNSAFE_CHANGE);
    }
    List<Member> members = new ArrayList<>();
    for (Member member : current.members()) {
      if (member.id().equals(replaced.id())) {
        members.add(replaced.renewedAs(id));
      } else {
        members.add(member.replaces().equals(replaced.id()) ? member.replacing(id) : member);
      }
    }
    return ifSafe(members);
  }

  private Outcome promote(MemberId id) {
    Optional<Member> learner = current.member(id);
    if (learner.isEmpty()) {
      return refused(Reason.MEMBER_NOT_FOUND);
    }
    if (learner.get().isVoter()) {
      return new Outcome(Optional.empty(), current);
    }
    if (!isCaughtUp.test(id)) {
      return refused(Reason.NOT_CAUGHT_UP);
    }
    List<Member> members = new ArrayList<>();
    for (Member member : current.members()) {
      if (member.id().equals(id)) {
        members.add(member.asVoter());
      } else if (!member.id().equals(learner.get().replaces())) {
        members.add(member);
      }
    }
    return ifSafe(members);
  }

  private Outcome remove(MemberId id) {
    if (current.member(id).isEmpty()) {
      return refused(Reason.MEMBER_NOT_FOUND);
    }
    if (current.voters().equals(List.of(id))) {
      return refused(Reason.LAST_VOTER);
    }
    return ifSafe(current.members().stream().filter(member -> !member.id().equals(id)).toList());
  }

  /** Who votes stays the same, and so do their promises. */
  private Outcome move(MemberId id, String peerAddress) {
    if (current.member(id).isEmpty()) {
      return refused(Reason.MEMBER_NOT_FOUND);
    }
    List<Member> members = new ArrayList<>();
    for (Member member : current.members()) {
      if (member.id().equals(id)) {
        members.add(member.at(peerAddress));
      } else if (member.peerAddress().equals(peerAddress)) {
        return refused(Reason.MEMBER_EXISTS);
      } else {
        members.add(member);
      }
    }
    return new Outcome(Optional.empty(), current.changedTo(members));
  }

  /** The first thing that the new voters have to do is to commit the change. */
  private Outcome ifSafe(List<Member> members) {
    Configuration next = current.changedTo(members);
    return Quorum.isQuorum(next, isActive)
        ? new Outcome(Optional.empty(), next)
        : refused(Reason.UNSAFE_CHANGE);
  }

  private Outcome refused(Reason reason) {
    return new Outcome(Optional.of(reason), current);
  }
}
