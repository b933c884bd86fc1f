package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;

/**
 * Asks whether an election could be won before it disturbs anyone with a new term (Raft thesis
 * 9.6). Nothing of this is durable, and nothing needs to be.
 */
final class PreCandidate extends Role {
  private final Tally tally = new Tally();

  PreCandidate(RaftCore core) {
    super(core);
  }

  /** After the role is in place: a single voter wins at once. */
  void campaign() {
    core.electionTimer().asked();
    tally.record(core.self(), true);
    for (MemberId voter : core.otherVoters()) {
      out.send(
          new Message.VoteRequest(
              core.self(), voter, core.term() + 1, core.log().last(), true, false));
    }
    decide();
  }

  @Override
  void tick() {
    if (core.electionTimer().tick()) {
      core.becomePreCandidate();
    }
  }

  @Override
  void onVoteResponse(Message.VoteResponse m) {
    // A granted answer carries the term that was asked for; another one belongs to another
    // question.
    boolean isAnswer = m.isPreVote() && (!m.isGranted() || m.term() == core.term() + 1);
    if (isAnswer) {
      tally.record(m.from(), m.isGranted());
      decide();
    }
  }

  private void decide() {
    if (tally.isWon(core.configuration())) {
      core.becomeCandidate(false);
    } else if (tally.isLost(core.configuration())) {
      core.becomeFollower(core.term(), MemberId.NONE);
    }
  }

  @Override
  void readIndex(long readId) {
    out.readFailed(readId);
  }
}
