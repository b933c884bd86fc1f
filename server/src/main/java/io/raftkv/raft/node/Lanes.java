package io.raftkv.raft.node;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Makes lanes. */
public interface Lanes {
  /**
   * A lane that is not started yet.
   *
   * @param turn what it runs; must not throw
   * @param period a turn begins at least this often even if nobody wakes the lane; zero: only then
   * @param isLight whether a turn, now, would be short and wait for nothing; for any thread
   */
  Lane create(String name, Runnable turn, Duration period, BooleanSupplier isLight);

  /** A lane whose turns may wait for a disk: they run nowhere else. */
  default Lane create(String name, Runnable turn, Duration period) {
    return create(name, turn, period, () -> false);
  }

  /**
   * Does the work, which is short and may wake lanes. Idle ones may then run light turns on the
   * caller's thread.
   */
  default void lend(Runnable work) {
    work.run();
  }
}
