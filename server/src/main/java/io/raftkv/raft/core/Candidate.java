package io.raftkv.raft.core;

import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;

/** Asks for votes in a new term (Raft paper 5.2). Its own vote counts once it is durable. */
final class Candidate extends Role {
  private final Tally tally = new Tally();
  private final boolean isTransfer;

  /**
   * Term and vote are already this candidate's.
   *
   * @param isTransfer the old leader asked for this election
   */
  Candidate(RaftCore core, boolean isTransfer) {
    super(core);
    this.isTransfer = isTransfer;
  }

  void campaign() {
    core.electionTimer().campaigned();
    for (MemberId voter : core.otherVoters()) {
      // Not before our own vote is durable: a candidate that crashes and has forgotten it could
      // vote for another one, and the votes it collects now would make a second leader.
      out.sendWhenDurable(
          new Message.VoteRequest(
              core.self(), voter, core.term(), core.log().last(), false, isTransfer));
    }
  }

  @Override
  void tick() {
    if (core.electionTimer().tick()) {
      core.becomePreCandidate();
    }
  }

  @Override
  void onDurable() {
    if (core.log().durableHardState().equals(new HardState(core.term(), core.self()))) {
      tally.record(core.self(), true);
      decide();
    }
  }

  @Override
  void onVoteResponse(Message.VoteResponse m) {
    if (!m.isPreVote()) {
      tally.record(m.from(), m.isGranted());
      decide();
    }
  }

  private void decide() {
    if (tally.isWon(core.configuration())) {
      core.becomeLeader();
    } else if (tally.isLost(core.configuration())) {
      core.becomeFollower(core.term(), MemberId.NONE);
    }
  }

  @Override
  void readIndex(long readId) {
    out.readFailed(readId);
  }
}
