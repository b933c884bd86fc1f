package io.raftkv.raft.core;

import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.Room;
import java.util.List;

/**
 * What a leader knows of one follower.
 *
 * <pre>
 *              a success                    refused, or connection lost
 *   PROBE ─────────────────> REPLICATE ─────────────────────────────────> PROBE
 *     │ next is no longer in the log                     ▲
 *     └──────────> SNAPSHOT ── sent, or given up ────────┘
 *
 *   PROBE      one message, then wait for its answer or a heartbeat's
 *   REPLICATE  a pipeline: next runs ahead of match, bounded by the window
 *   SNAPSHOT   nothing until the transfer ends
 * </pre>
 */
final class Progress {
  private enum State {
    PROBE,
    REPLICATE,
    SNAPSHOT
  }

  final MemberId id;
  private final Inflights inflights = new Inflights();
  private State state = State.PROBE;

  /** Up to here the follower's log is durable and agrees with ours. */
  private long match;

  /** Index of the next entry to send. Invariant: match < next. */
  private long next;

  /** PROBE: the one message is out. */
  private boolean isWaiting;

  /** Entries are being read from the log; however long that takes, it is not asked for again. */
  private boolean isReadingLog;

  /** What the latest transfer brings, or brought, the follower to; 0 if that came to nothing. */
  private long snapshotIndex;

  /** Heard from within the last election timeout. */
  boolean isActive;

  private int silentTicks;

  /** Ticks in which there was something for its disk to take, and it took nothing. */
  private int stalledTicks;

  /** PROBE: hearing the follower opens it once per heartbeat, not once per answer. */
  private boolean mayProbeAgain = true;

  /** Heard an answer to entries since the last heartbeat. */
  boolean hasAnswered;

  /** What it last said of its disk. */
  private Room room = Room.UNKNOWN;

  /** The latest heartbeat round that it answered. */
  long round;

  /** The highest commit index sent to it. */
  long commitSent;

  /** It is no longer a member; ticks since then. It is told so, and then forgotten. */
  private int leavingTicks = -1;

  Progress(MemberId id, long next) {
    this.id = id;
    this.next = next;
  }

  long match() {
    return match;
  }

  boolean isLeaving() {
    return leavingTicks >= 0;
  }

  void leaves(boolean isLeaving) {
    if (isLeaving != isLeaving()) {
      leavingTicks = isLeaving ? 0 : -1;
    }
  }

  /** Whether it has been told, or could not be. */
  boolean hasLeft(int ticksMax) {
    return leavingTicks >= ticksMax;
  }

  long next() {
    return next;
  }

  boolean isReplicating() {
    return state == State.REPLICATE;
  }

  boolean isInSnapshot() {
    return state == State.SNAPSHOT;
  }

  /** Whether it gets this snapshot, and not another one by now. */
  boolean isInSnapshot(long index) {
    return state == State.SNAPSHOT && snapshotIndex == index;
  }

  /** The follower will go on from here: what comes after is still needed. */
  long needed() {
    return Math.max(match, snapshotIndex);
  }

  /** Whether a message with entries may leave now. */
  boolean isOpen(RaftOptions options) {
    if (room == Room.NONE) {
      return false;
    }
    return switch (state) {
      case PROBE -> !isWaiting && !isReadingLog;
      case REPLICATE ->
          !isReadingLog
              && !inflights.isFull(options.inflightMessagesMax(), options.inflightBytesMax());
      case SNAPSHOT -> false;
    };
  }

  Room room() {
    return room;
  }

  /** It says what its disk can take. What came while it could take nothing, it let go. */
  void has(Room said) {
    if (room == Room.NONE && said != Room.NONE && state != State.SNAPSHOT) {
      connectionLost();
    }
    room = said;
  }

  void sent(List<LogEntry> entries) {
    if (state == State.PROBE) {
      isWaiting = true;
      return;
    }
    if (!entries.isEmpty()) {
      long bytes = 0;
      for (LogEntry entry : entries) {
        bytes += entry.sizeBytes();
      }
      next = entries.get(entries.size() - 1).index() + 1;
      inflights.add(next - 1, bytes);
    }
  }

  /** Waits for entries from the log. */
  void awaitEntries() {
    isReadingLog = true;
  }

  void heard() {
    isActive = true;
    silentTicks = 0;
    // Many answers may come at a time, to heartbeats that confirm reads for example.
    if (state == State.PROBE && isWaiting && mayProbeAgain) {
      isWaiting = false;
      mayProbeAgain = false;
    }
  }

  /**
   * Whether it may answer heartbeats, but has taken nothing for so long, though there was something
   * to take. One that is being brought up to date from far behind is not meant.
   */
  boolean isStalled(int ticksMax) {
    return stalledTicks >= ticksMax;
  }

  /**
   * One tick passes.
   *
   * @param lastIndex of our log
   */
  void tick(int electionTicks, long lastIndex) {
    boolean isCatchingUp = state == State.SNAPSHOT || isReadingLog;
    stalledTicks = match < lastIndex && !isCatchingUp ? stalledTicks + 1 : 0;
    if (isLeaving()) {
      leavingTicks++;
    }
    if (++silentTicks >= electionTicks) {
      silentTicks = electionTicks;
      isActive = false;
    }
  }

  /** A heartbeat's time has passed. */
  void heartbeatDue() {
    hasAnswered = false;
    mayProbeAgain = true;
  }

  void entriesRead() {
    isReadingLog = false;
  }

  /**
   * The follower has everything up to {@code index}.
   *
   * @param logBase it can be replicated to only from here on
   */
  void accepted(long index, long logBase) {
    hasAnswered = true;
    stalledTicks = index > match ? 0 : stalledTicks;
    match = Math.max(match, index);
    next = Math.max(next, match + 1);
    switch (state) {
      case PROBE -> {
        // Less is a late answer to what was sent before: a snapshot may have come since.
        if (match + 1 == next) {
          replicate();
        }
      }
      case REPLICATE -> inflights.freeTo(match);
      case SNAPSHOT -> {
        if (match >= logBase) {
          replicate();
        }
      }
    }
  }

  private void replicate() {
    state = State.REPLICATE;
    isWaiting = false;
    next = match + 1;
    inflights.clear();
  }

  /**
   * The follower refused what came after {@code rejectedIndex}.
   *
   * @param agreement where the logs may agree at best
   * @return whether it lost what it had acknowledged: its match was a promise of a disk that has
   *     been broken since
   */
  boolean rejected(long rejectedIndex, long agreement) {
    hasAnswered = true;
    stalledTicks = 0;
    if (state == State.REPLICATE) {
      // Answers to what was sent before the follower caught up come late.
      if (rejectedIndex >= match) {
        probeFrom(Math.max(agreement, match) + 1);
      }
      return false;
    }
    if (state == State.SNAPSHOT || rejectedIndex != next - 1) {
      return false;
    }
    boolean isLoss = agreement < match;
    snapshotIndex = 0;
    match = Math.min(match, agreement);
    probeFrom(agreement + 1);
    return isLoss;
  }

  /** Messages may have been lost. */
  void connectionLost() {
    probeFrom(match + 1);
  }

  /** There is nobody to send to: waits for the follower to speak. */
  void awaitContact() {
    connectionLost();
    isWaiting = true;
  }

  void startSnapshot(long index) {
    state = State.SNAPSHOT;
    snapshotIndex = index;
    inflights.clear();
  }

  /** Waits for the follower to speak before it is tried again. */
  void snapshotEnded(boolean isAccepted) {
    snapshotIndex = isAccepted ? snapshotIndex : 0;
    probeFrom(needed() + 1);
    isWaiting = true;
  }

  private void probeFrom(long index) {
    state = State.PROBE;
    isWaiting = false;
    next = index;
    inflights.clear();
    Invariant.check(match < next, "match %d next %d", match, next);
  }
}
