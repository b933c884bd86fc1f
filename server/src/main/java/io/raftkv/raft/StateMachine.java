package io.raftkv.raft;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.OptionalLong;

/**
 * What the log drives. {@link #apply}, {@link #freeze} and {@link #restore} are called by one
 * thread, the apply lane; what else a state machine offers to readers is its own affair.
 */
public interface StateMachine {
  /**
   * Applies committed entries, in order, without gaps, and publishes the result to readers before
   * it returns. A pure function of state and entries: no clock, no randomness, no map order.
   * Entries that are not commands change nothing but the applied index and the cluster time.
   *
   * @return for each entry, in order, the bytes of its result; empty bytes for what is not a
   *     command
   */
  List<byte[]> apply(List<LogEntry> entries);

  /** Index of the last entry applied. For any thread. */
  long appliedIndex();

  /** Of the last entry that had a time, as {@link LogEntry#clusterTimeMillis}. For any thread. */
  long clusterTimeMillis();

  /** Chained over everything applied: equal at equal index on every member. For any thread. */
  long stateHash();

  /**
   * What {@link #stateHash} was when {@code index} was the last entry applied; empty if that is
   * long ago, or a snapshot has replaced the state since. For any thread.
   */
  OptionalLong stateHashAt(long index);

  /** The state as it is now, without copying it. Quick. */
  Frozen freeze();

  /**
   * Replaces the state by one that {@link Frozen#writeTo} wrote, and publishes it.
   *
   * @throws IOException if the stream fails or is not a state; the old state stays
   */
  void restore(InputStream in) throws IOException;

  /** A state that no longer changes. For any one thread, while apply goes on. */
  interface Frozen {
    /** Equal states write equal bytes. */
    void writeTo(OutputStream out) throws IOException;

    long appliedIndex();
  }
}
