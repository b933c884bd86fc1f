package io.raftkv.raft.node;

import java.time.Duration;

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
  public Lane create(String name, Runnable turn, Duration period) {
    return new ThreadLane(prefix + name, turn, period);
  }
}
