package io.raftkv.raft.node;

import java.time.Duration;

/** Makes lanes. */
public interface Lanes {
  /**
   * A lane that is not started yet.
   *
   * @param turn what it runs; must not throw
   * @param period a turn begins at least this often even if nobody wakes the lane; zero: only then
   */
  Lane create(String name, Runnable turn, Duration period);
}
