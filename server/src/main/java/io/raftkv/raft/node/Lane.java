package io.raftkv.raft.node;

/**
 * Runs one piece of work, its turn, again and again, never twice at a time. In production a thread,
 * in the simulation a queue of the scheduler.
 */
public interface Lane extends AutoCloseable {
  /** Begins to run turns. */
  void start();

  /** A turn begins after this call. Calls between two turns count as one. For any thread. */
  void wake();

  /**
   * The same; if the lane is idle, the turn may run on the caller, before this returns. For a
   * thread that may do what the turn does, and has handed over all that it has.
   */
  default void runOrWake() {
    wake();
  }

  /** No turn begins any more, and a running one has ended on return, unless it is the caller. */
  @Override
  void close();
}
