package io.raftkv.raft.core;

import io.raftkv.raft.MemberId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads that wait for the leader to be confirmed (ReadIndex, Raft thesis 6.4). A read is confirmed
 * by a heartbeat round that began after it arrived; before the leader has committed an entry of its
 * own term it does not even know where the commit index is, and reads wait for that.
 */
final class ReadQueue {
  /** Reads that may wait at a time. */
  static final int READS_MAX = 100_000;

  /**
   * A read.
   *
   * @param from who asked: this member, or a follower
   * @param index the commit index when it arrived
   * @param round the first heartbeat round that can confirm it
   */
  record Read(MemberId from, long readId, long index, long round) {}

  private final ArrayDeque<Read> early = new ArrayDeque<>();
  private final ArrayDeque<Read> waiting = new ArrayDeque<>();

  boolean isFull() {
    return early.size() + waiting.size() >= READS_MAX;
  }

  void addEarly(MemberId from, long readId) {
    early.addLast(new Read(from, readId, 0, 0));
  }

  void add(MemberId from, long readId, long commitIndex, long round) {
    waiting.addLast(new Read(from, readId, commitIndex, round));
  }

  /** The leader has committed in its term. Returns whether any read now waits for {@code round}. */
  boolean admitEarly(long commitIndex, long round) {
    boolean any = !early.isEmpty();
    for (Read read : early) {
      add(read.from, read.readId, commitIndex, round);
    }
    early.clear();
    return any;
  }

  /** Takes out the reads that this round confirms. */
  List<Read> takeConfirmed(long confirmedRound) {
    List<Read> confirmed = new ArrayList<>();
    for (Read first = waiting.peekFirst();
        first != null && first.round <= confirmedRound;
        first = waiting.peekFirst()) {
      confirmed.add(first);
      waiting.removeFirst();
    }
    return confirmed;
  }

  List<Read> takeAll() {
    List<Read> all = new ArrayList<>(early);
    all.addAll(waiting);
    early.clear();
    waiting.clear();
    return all;
  }
}
