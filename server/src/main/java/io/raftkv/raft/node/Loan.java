package io.raftkv.raft.node;

import java.util.ArrayDeque;

/**
 * A thread's offer to run turns of idle lanes, which saves the hand-over to theirs. While the
 * thread does its own work, which must be short, lanes that it wakes wait; then light turns that
 * nobody else has begun run there, and so do those that they ask for. Confined to its thread.
 */
final class Loan {
  /** What is woken beyond that is for the lanes' own threads. */
  private static final int TURNS_MAX = 8;

  private static final ThreadLocal<Loan> OF_THREAD = ThreadLocal.withInitial(Loan::new);

  private final ArrayDeque<ThreadLane> waiting = new ArrayDeque<>();
  private boolean isOpen;

  private Loan() {}

  /** Does the work, then what it woke. Within another loan, that is left to the outer one. */
  static void lend(Runnable work) {
    Loan loan = OF_THREAD.get();
    if (loan.isOpen) {
      work.run();
      return;
    }
    loan.isOpen = true;
    try {
      work.run();
      loan.runTurns();
    } finally {
      loan.end();
    }
  }

  /** Notes a lane that is to run; false if the calling thread lends nothing. */
  static boolean notes(ThreadLane lane) {
    Loan loan = OF_THREAD.get();
    if (loan.isOpen && !loan.waiting.contains(lane)) {
      loan.waiting.add(lane);
    }
    return loan.isOpen;
  }

  private void runTurns() {
    for (int turns = 0; turns < TURNS_MAX && !waiting.isEmpty(); turns++) {
      waiting.remove().runIfLight();
    }
  }

  private void end() {
    isOpen = false;
    for (ThreadLane lane = waiting.poll(); lane != null; lane = waiting.poll()) {
      lane.runOnThread();
    }
  }
}
