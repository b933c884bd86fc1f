/**
 * The key-value state machine: what committed commands do, and what readers see.
 *
 * <p>{@link io.raftkv.kv.KvStateMachine} belongs to the apply lane, the only writer. After each
 * batch it publishes one immutable {@link io.raftkv.kv.KvView}, which any thread reads without a
 * lock: gets, pages, counts, hashes and snapshots all work on a view and never stop the writer.
 *
 * <pre>
 *   LogEntry ---> CommandApplier ---> KvState { CowBTree key -> history, ExpiryIndex, Sessions, counters, hash }
 *                                        | freeze(), O(1), once per batch
 *                                        v
 *                 readers, SnapshotWriter <--- KvView
 * </pre>
 *
 * <p>Imports {@code raft} and the messages of the log's commands; no thread of its own, no I/O
 * beyond the streams handed in, no clock, no randomness.
 */
@NullMarked
package io.raftkv.kv;

import org.jspecify.annotations.NullMarked;
