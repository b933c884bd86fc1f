package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;

/**
 * A leader whose process is gone. What it sent before still arrives for a moment, from other
 * connections and from our own queues: entries are taken as ever, but must not make it a leader
 * again that others wait for. If it speaks on, its connection was refused for another reason.
 */
final class LostLeader {
  private final MemberId leader;
  private final long term;
  private int ticksLeft;

  LostLeader(MemberId leader, long term, int ticks) {
    this.leader = leader;
    this.term = term;
    this.ticksLeft = ticks;
  }

  static LostLeader none() {
    return new LostLeader(MemberId.NONE, 0, 0);
  }

  /** Whether what this leader says may be a leftover. */
  boolean is(MemberId from, long ofTerm) {
    return ticksLeft > 0 && ofTerm == term && from.equals(leader);
  }

  void tick() {
    ticksLeft = Math.max(0, ticksLeft - 1);
  }
}
