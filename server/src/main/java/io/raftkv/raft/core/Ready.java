package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.Message;
import io.raftkv.raft.SnapshotMeta;
import java.util.List;
import java.util.Optional;

/**
 * What the core wants done. The lanes work on the parts side by side; {@code install}, {@code
 * committed} and {@code snapshot} go to the apply lane, in this order.
 *
 * <pre>
 *   messages ─────────────────────────────────────────────────> leave at once
 *   persist ──> log lane: write, sync ──> its responses leave ──> persisted(ticket)
 *   install, committed, snapshot ──> apply lane ──> applied(index) / snapshotTaken(meta)
 * </pre>
 *
 * @param messages may leave at once, before the disk work even begins
 * @param persist disk work whose responses leave only when it is durable
 * @param install replace the state machine's state by this durable snapshot
 * @param committed apply these
 * @param snapshot then freeze the state and make this snapshot of it
 * @param reads reads that ended
 * @param transfers snapshots to send
 * @param logReads entries to read for followers
 * @param reachable whom to talk to from now on, when that changed: the configuration in force, and
 *     as outgoing voters also those that a leader still tells that they left
 */
public record Ready(
    List<Message> messages,
    Optional<Persist> persist,
    Optional<SnapshotMeta> install,
    CommittedRange committed,
    Optional<SnapshotMeta> snapshot,
    List<ReadState> reads,
    List<SnapshotTransfer> transfers,
    List<LogRead> logReads,
    Optional<Configuration> reachable) {}
