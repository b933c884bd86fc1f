package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;

/**
 * Leadership being handed over (Raft thesis 3.10): proposals are refused, the target is brought up
 * to date and told to campaign. Given up after an election timeout.
 */
final class Transfer {
  final MemberId target;
  private boolean isTold;
  private int ticks;

  Transfer(MemberId target) {
    this.target = target;
  }

  /** Whether the target should be told now; at most once true. */
  boolean tellOnce() {
    boolean isFirst = !isTold;
    isTold = true;
    return isFirst;
  }

  boolean isTold() {
    return isTold;
  }

  /** One tick passes. Returns whether the transfer has failed. */
  boolean tick(int ticksMax) {
    return ++ticks >= ticksMax;
  }
}
