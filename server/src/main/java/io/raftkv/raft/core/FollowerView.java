package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;

/**
 * A follower as its leader sees it.
 *
 * @param matchIndex up to here its log is durable and agrees with the leader's
 * @param isActive it answered since the last quorum check
 */
public record FollowerView(MemberId id, long matchIndex, boolean isActive) {}
