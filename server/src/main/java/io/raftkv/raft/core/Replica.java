package io.raftkv.raft.core;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Room;
import io.raftkv.raft.SnapshotMeta;

/**
 * What a member takes from the leader of its term: entries (Raft paper 5.3), heartbeats, and
 * snapshots (section 7), which are on its disk already.
 */
final class Replica {
  private final RaftCore core;
  private final Outputs out;
  private final RaftLog log;
  private final ApplyQueue applyQueue;
  private final Snapshots snapshots;

  Replica(RaftCore core, ApplyQueue applyQueue, Snapshots snapshots) {
    this.core = core;
    out = core.out();
    this.log = core.log();
    this.applyQueue = applyQueue;
    this.snapshots = snapshots;
  }

  void onAppendRequest(Message.AppendRequest m) {
    EntryId previous = m.previous();
    if (previous.index() >= log.baseIndex() && !log.matches(previous)) {
      reject(m.from(), previous.index(), log.conflictAt(previous.index()));
      return;
    }
    if (!m.entries().isEmpty() && core.room() == Room.NONE) {
      return; // As if they were lost. The leader is told with the next heartbeat, and waits.
    }
    // What precedes our base is committed, and so the same on the leader.
    long match = Math.max(previous.index(), log.baseIndex());
    for (LogEntry entry : m.entries()) {
      if (entry.index() <= log.baseIndex() || log.term(entry.index()) == entry.term()) {
        match = Math.max(match, entry.index());
        continue;
      }
      if (entry.index() <= log.lastIndex()) {
        log.truncateFrom(entry.index());
      }
      log.append(entry);
      match = entry.index();
    }
    log.commitTo(Math.min(m.commitIndex(), match));
    accept(m.from(), match);
  }

  private void accept(MemberId leader, long match) {
    out.sendWhenDurable(
        new Message.AppendResponse(core.self(), leader, core.term(), true, match, 0, EntryId.ZERO));
  }

  void reject(MemberId leader, long rejectedIndex, EntryId conflict) {
    out.send(
        new Message.AppendResponse(
            core.self(), leader, core.term(), false, 0, rejectedIndex, conflict));
  }

  void onHeartbeatRequest(Message.HeartbeatRequest m) {
    // The leader sends at most what it knows to match here. A log that ends before has lost entries
    // it once had; the next append will be refused and say so.
    log.commitTo(Math.min(m.commitIndex(), log.lastIndex()));
    core.noteContact(m.leaderCommitIndex());
    out.send(
        new Message.HeartbeatResponse(
            core.self(), m.from(), core.term(), m.readSequence(), core.room()));
  }

  void onSnapshotReceived(Message.SnapshotReceived m) {
    SnapshotMeta received = m.meta();
    if (received.index() <= log.commitIndex()) {
      accept(m.from(), log.commitIndex());
      return;
    }
    snapshots.received(received);
    if (log.matches(received.last())) {
      // The log already has all of it: keep what follows, it may be acknowledged.
      log.commitTo(received.index());
    } else {
      log.resetTo(received);
      applyQueue.install(received.index());
      snapshots.installed();
      out.install(received);
    }
    accept(m.from(), received.index());
  }
}
