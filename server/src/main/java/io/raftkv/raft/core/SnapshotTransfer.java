package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotMeta;

/** A follower needs this snapshot: its next entry is no longer in the log. */
public record SnapshotTransfer(MemberId to, long term, SnapshotMeta meta) {}
