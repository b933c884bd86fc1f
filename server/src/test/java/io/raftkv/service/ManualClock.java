package io.raftkv.service;

import io.raftkv.raft.node.NodeClock;
import java.time.Duration;

/** Time moves because the test moves it. */
final class ManualClock implements NodeClock {
  static final long START_MILLIS = 1_000_000;

  private volatile long nanos = -5_000;
  private volatile long wallMillis = START_MILLIS;

  void advance(Duration by) {
    nanos += by.toNanos();
    wallMillis += by.toMillis();
  }

  /** The wall clock alone: someone has set it. */
  void jumpWall(Duration by) {
    wallMillis += by.toMillis();
  }

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public long wallMillis() {
    return wallMillis;
  }
}
