package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;

/** Listens to the leader, and campaigns when it falls silent (Raft paper 5.2). */
final class Follower extends Role {
  private final RemoteReads reads = new RemoteReads();
  private MemberId leader;
  private int ticksSinceLeader;

  Follower(RaftCore core, MemberId leader) {
    super(core);
    this.leader = leader;
    if (!leader.isNone()) {
      leaderHeard(leader);
    }
  }

  @Override
  MemberId leader() {
    return leader;
  }

  @Override
  boolean isSticky() {
    return !leader.isNone() && ticksSinceLeader < core.options().electionTicks();
  }

  void leaderHeard(MemberId from) {
    leader = from;
    ticksSinceLeader = 0;
    core.electionTimer().leaderHeard();
  }

  @Override
  void tick() {
    ticksSinceLeader++;
    reads.tick(core.options().electionTicks()).forEach(out::readFailed);
    if (core.electionTimer().tick()) {
      if (core.isVoter()) {
        core.becomePreCandidate();
      } else {
        core.electionTimer().restart();
      }
    }
  }

  /**
   * The leader's process is gone: it is nobody's leader until it is heard again, and a short random
   * wait takes the place of its silence for a whole election timeout. Those that still hear it
   * refuse the pre-vote.
   */
  @Override
  void onUnreachable(MemberId peer) {
    if (!leader.isNone() && peer.equals(leader)) {
      leader = MemberId.NONE;
      reads.takeAll().forEach(out::readFailed);
      core.leaderLost(peer);
    }
  }

  @Override
  void readIndex(long readId) {
    if (leader.isNone() || reads.isFull()) {
      out.readFailed(readId);
      return;
    }
    long remoteId = core.nextRemoteReadId();
    reads.ask(remoteId, readId);
    out.send(new Message.ReadIndexRequest(core.self(), leader, core.term(), remoteId));
  }

  @Override
  void onReadIndexResponse(Message.ReadIndexResponse m) {
    long readId = reads.answer(m.readId());
    if (readId < 0) {
      return;
    }
    if (m.isConfirmed()) {
      out.readConfirmed(readId, m.index());
    } else {
      out.readFailed(readId);
    }
  }

  @Override
  void end() {
    reads.takeAll().forEach(out::readFailed);
  }
}
