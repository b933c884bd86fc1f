package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;

/** Whom this member gives its vote (Raft paper 5.2, 5.4.1; pre-votes: thesis 9.6). */
final class Ballot {
  private final RaftCore core;
  private final Outputs out;

  Ballot(RaftCore core) {
    this.core = core;
    out = core.out();
  }

  /** Of the term that this member is in, or, as a pre-vote, of a later one. */
  void onVoteRequest(Message.VoteRequest m) {
    boolean isUpToDate = m.last().isAtLeastAsUpToDateAs(core.log().last());
    if (!isUpToDate || !isFree(m)) {
      out.send(new Message.VoteResponse(core.self(), m.from(), core.term(), false, m.isPreVote()));
      if (m.isPreVote() && !isUpToDate && core.isVoter() && !core.isSticky()) {
        core.electionTimer().hasten();
      }
    } else if (m.isPreVote()) {
      promise(m);
    } else {
      core.voteFor(m.from());
      out.sendWhenDurable(
          new Message.VoteResponse(core.self(), m.from(), core.term(), true, false));
    }
  }

  private boolean isFree(Message.VoteRequest m) {
    if (m.isPreVote()) {
      // Who could not get a vote onto its disk now must not promise one: a candidate would ask for
      // term after term that it cannot win.
      return m.term() > core.term() && core.hasDurableTerm();
    }
    MemberId votedFor = core.hardState().votedFor();
    return votedFor.equals(m.from()) || (votedFor.isNone() && core.leader().isNone());
  }

  /** A promise of nothing: may leave at once, with the term that the election would have. */
  private void promise(Message.VoteRequest m) {
    out.send(new Message.VoteResponse(core.self(), m.from(), m.term(), true, true));
    core.electionTimer().promised();
    if (core.roleName() == RoleName.PRE_CANDIDATE && m.from().compareTo(core.self()) > 0) {
      // Two that ask in the same moment would both win and then split the votes: the lower id gives
      // way. It asks again after its own wait.
      core.becomeFollower(core.term(), MemberId.NONE);
    }
  }
}
