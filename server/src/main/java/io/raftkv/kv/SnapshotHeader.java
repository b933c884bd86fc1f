package io.raftkv.kv;

/**
 * What a state is, beside its keys.
 *
 * @param entries keys in the tree, deleted ones whose history is kept included
 */
record SnapshotHeader(
    long appliedIndex,
    long clusterTimeMillis,
    long revision,
    long compactedRevision,
    long stateHash,
    long entries) {}
