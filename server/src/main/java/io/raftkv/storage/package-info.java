/**
 * The stores behind the ports of {@code raft}: a segmented log, the identity and the snapshots of a
 * member, on MapDB volumes or in memory; and backups, which are snapshots that stand by themselves.
 *
 * <p>Imports {@code raft}, MapDB's volume classes and zstd. It starts no thread: the log lane
 * writes the log, the snapshot lane the snapshots, an executor that the owner supplies prepares
 * segments, and any thread reads.
 */
@NullMarked
package io.raftkv.storage;

import org.jspecify.annotations.NullMarked;
