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

  /** No turn begins any more, and a running one has ended on return, unless it is the caller. */
  @Override
  void close();
}
