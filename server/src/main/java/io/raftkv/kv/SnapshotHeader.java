package io.raftkv.kv;

/**
 * What a state is, beside its keys and sessions.
 *
 * @param entries keys in the tree, deleted ones whose history is kept included
 * @param lastSessionId of the session that was opened last; 0: none ever was
 * @param sessions sessions that are open
 */
record SnapshotHeader(
    long appliedIndex,
    long clusterTimeMillis,
    long revision,
    long compactedRevision,
    long stateHash,
    long entries,
    long lastSessionId,
    long sessions) {}
