package io.raftkv.raft.node;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Lanes as threads. */
public final class ThreadLanes implements Lanes {
  private final String prefix;

  /**
   * @param prefix of the threads' names
   */
  public ThreadLanes(String prefix) {
    this.prefix = prefix;
  }

  @Override
  public Lane create(String name, Runnable turn, Duration period, BooleanSupplier isLight) {
    return new ThreadLane(prefix + name, turn, period, isLight);
  }

  @Override
  public void lend(Runnable work) {
    Loan.lend(work);
  }
}
