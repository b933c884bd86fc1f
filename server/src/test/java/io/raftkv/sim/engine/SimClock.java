package io.raftkv.sim.engine;

import io.raftkv.raft.node.NodeClock;

/** The clocks of one machine: the monotone one runs at a rate of its own, the wall clock jumps. */
public final class SimClock implements NodeClock {
  private static final long EPOCH_MILLIS = 1_760_000_000_000L;

  private final Scheduler scheduler;
  private final double rate;
  private final long originNanos;
  private long wallOffsetMillis;

  /**
   * @param rate own nanoseconds per real one
   * @param originNanos where the monotone clock begins
   */
  public SimClock(Scheduler scheduler, double rate, long originNanos) {
    this.scheduler = scheduler;
    this.rate = rate;
    this.originNanos = originNanos;
  }

  @Override
  public long nanoTime() {
    return originNanos + (long) (scheduler.nowNanos() * rate);
  }

  @Override
  public long wallMillis() {
    return EPOCH_MILLIS + scheduler.nowNanos() / 1_000_000 + wallOffsetMillis;
  }

  public void jumpWall(long millis) {
    wallOffsetMillis += millis;
  }

  public long realNanos(long ownNanos) {
    return (long) (ownNanos / rate);
  }
}
