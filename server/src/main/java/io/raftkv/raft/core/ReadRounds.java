package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;

/**
 * A leader's rounds of heartbeats, and the reads that they confirm (ReadIndex, Raft thesis 6.4): a
 * round that a quorum answered says that nobody else led when it began.
 */
final class ReadRounds {
  private final RaftCore core;
  private final Outputs out;
  private final ReadQueue reads = new ReadQueue();

  /** Number of the latest round. */
  private long round;

  private long confirmedRound;
  private boolean isDue = true;
  private int ticksSinceBegin;

  ReadRounds(RaftCore core) {
    this.core = core;
    out = core.out();
  }

  long round() {
    return round;
  }

  /** Whether the next round is to begin now: there are reads for it, or it is time. */
  boolean isDue() {
    return isDue;
  }

  /** Returns whether it is time for a round. */
  boolean tick() {
    boolean isTime = ++ticksSinceBegin >= core.options().heartbeatTicks();
    isDue = isDue || isTime;
    return isTime;
  }

  /** The next round begins: its heartbeats leave now. */
  void begin() {
    isDue = false;
    ticksSinceBegin = 0;
    round++;
  }

  void read(MemberId from, long readId) {
    RaftLog log = core.log();
    if (reads.isFull()) {
      answer(new ReadQueue.Read(from, readId, 0, 0), false);
    } else if (log.term(log.commitIndex()) != core.term()) {
      // What earlier leaders committed is not known before the first commit of this term (§8).
      reads.addEarly(from, readId);
    } else {
      // A round that is already under way may have been answered before the read arrived.
      reads.add(from, readId, log.commitIndex(), round + 1);
      isDue = true;
    }
  }

  /** The leader has committed up to {@code index}, in its term. */
  void committed(long index) {
    if (reads.admitEarly(index, round + 1)) {
      isDue = true;
    }
  }

  /**
   * A quorum has answered this round.
   *
   * @param committedAtMost nothing after it is committed
   */
  void confirm(long answeredRound, long committedAtMost) {
    if (answeredRound > confirmedRound) {
      confirmedRound = answeredRound;
      core.noteContact(committedAtMost);
      reads.takeConfirmed(answeredRound).forEach(read -> answer(read, true));
    }
  }

  /** No round is confirmed any more. */
  void end() {
    reads.takeAll().forEach(read -> answer(read, false));
  }

  private void answer(ReadQueue.Read read, boolean isConfirmed) {
    if (!read.from().equals(core.self())) {
      out.send(
          new Message.ReadIndexResponse(
              core.self(), read.from(), core.term(), read.readId(), read.index(), isConfirmed));
    } else if (isConfirmed) {
      out.readConfirmed(read.readId(), read.index());
    } else {
      out.readFailed(read.readId());
    }
  }
}
