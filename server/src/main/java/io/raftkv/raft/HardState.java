package io.raftkv.raft;

/**
 * What must survive a crash beside the log: one atomic record (Raft paper, figure 2).
 *
 * @param term the latest term this member has seen
 * @param votedFor who got this member's vote in that term, or {@link MemberId#NONE}
 */
public record HardState(long term, MemberId votedFor) {
  public static final HardState INITIAL = new HardState(0, MemberId.NONE);
}
