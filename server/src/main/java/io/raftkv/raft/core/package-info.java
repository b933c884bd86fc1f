/**
 * The algorithm of Raft as a deterministic object: no threads, clock, disk, network or randomness
 * of its own. {@link io.raftkv.raft.core.RaftCore} takes messages and ticks and answers with a
 * {@link io.raftkv.raft.core.Ready}: what to send, what to make durable, what to apply.
 *
 * <p>Imports {@code raft} only. Confined to the core lane.
 *
 * <pre>
 *   RaftCore ── role ──> Follower | PreCandidate | Candidate | Leader ── Progress per follower
 *      │                                                        └─────── ReadRounds, Transfer
 *      ├─ log ─────────> RaftLog ── EntryTail, TermRuns, ConfigurationHistory, PersistQueue
 *      ├─ snapshots ───> Snapshots ── SnapshotSchedule
 *      ├─ ballot, replica: what it answers candidates, and takes from the leader
 *      └─ out ─────────> Outputs ──> Ready
 * </pre>
 */
@NullMarked
package io.raftkv.raft.core;

import org.jspecify.annotations.NullMarked;
