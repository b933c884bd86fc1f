package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;

/**
 * Entries for a lagging follower that are no longer in memory. To be read from the log, off the
 * core lane, and given to {@link RaftCore#entriesRead}.
 */
public record LogRead(MemberId follower, long term, long from, long toExclusive, long bytesMax) {}
