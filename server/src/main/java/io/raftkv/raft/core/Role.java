package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;

/**
 * What a member does in its present role. What exists only in one role lives in its class.
 *
 * <pre>
 *              timeout                 quorum would vote           quorum voted
 *   Follower ───────────> PreCandidate ─────────────────> Candidate ────────────> Leader
 *      ▲   └──────── told by the leader (TimeoutNow) ────────▲                      │
 *      └─────── a leader of this term, a higher term, or refused by a quorum ───────┘
 * </pre>
 */
abstract sealed class Role permits Follower, PreCandidate, Candidate, Leader {
  final RaftCore core;
  final Outputs out;

  Role(RaftCore core) {
    this.core = core;
    out = core.out();
  }

  /** The leader of this term, or none if not known. */
  MemberId leader() {
    return MemberId.NONE;
  }

  abstract void tick();

  /**
   * Whether a vote is refused because a leader was heard within the election timeout (Raft thesis
   * 4.2.3). Keeps members that cannot hear the leader from deposing it.
   */
  boolean isSticky() {
    return false;
  }

  void onVoteResponse(Message.VoteResponse m) {}

  void onAppendResponse(Message.AppendResponse m) {}

  void onHeartbeatResponse(Message.HeartbeatResponse m) {}

  /** Only a leader can confirm it. */
  void onReadIndexRequest(Message.ReadIndexRequest m) {
    out.send(
        new Message.ReadIndexResponse(core.self(), m.from(), core.term(), m.readId(), 0, false));
  }

  void onReadIndexResponse(Message.ReadIndexResponse m) {}

  /** A read of this member. */
  abstract void readIndex(long readId);

  /** The connection to this peer is lost and a new one was refused. */
  void onUnreachable(MemberId peer) {}

  /** More of this member's log, term and vote is durable. */
  void onDurable() {}

  /** Called once per turn, before the outputs are taken. */
  void beforeReady() {}

  /** The role ends. */
  void end() {}
}
