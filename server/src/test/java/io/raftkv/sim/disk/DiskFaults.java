package io.raftkv.sim.disk;

import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.engine.Scheduler;
import java.io.IOException;
import java.io.UncheckedIOException;

/** How one disk fares at the moment. All times in virtual nanoseconds. */
public final class DiskFaults {
  private final Scheduler scheduler;
  private final Rng rng;
  private final long syncNanosMin;
  private final long syncNanosTail;
  private final double slowChance;

  private int slowFactor = 1;
  private long hungUntilNanos;
  private double syncFailure;
  private double snapshotFailure;

  public DiskFaults(
      Scheduler scheduler, Rng rng, long syncNanosMin, long syncNanosTail, double slowChance) {
    this.scheduler = scheduler;
    this.rng = rng;
    this.syncNanosMin = syncNanosMin;
    this.syncNanosTail = syncNanosTail;
    this.slowChance = slowChance;
  }

  /** Syncs take so many times longer. */
  public void slowDown(int factor) {
    slowFactor = factor;
  }

  public void hangUntil(long nanos) {
    hungUntilNanos = nanos;
  }

  /** Chances that a sync fails, which kills the store, and that a snapshot does. */
  public void fail(double sync, double snapshot) {
    syncFailure = sync;
    snapshotFailure = snapshot;
  }

  public void heal() {
    slowFactor = 1;
    hungUntilNanos = 0;
    syncFailure = 0;
    snapshotFailure = 0;
  }

  /** How long a sync takes that starts now. */
  public long syncNanos() {
    long nanos = syncNanosMin + rng.exponential(syncNanosTail);
    if (rng.chance(slowChance)) {
      nanos += 10 * syncNanosTail;
    }
    return nanos * slowFactor + Math.max(0, hungUntilNanos - scheduler.nowNanos());
  }

  boolean doesSyncFail() {
    return rng.chance(syncFailure);
  }

  void maySyncFail() {
    if (doesSyncFail()) {
      throw new UncheckedIOException(new IOException("simulated failure of a sync"));
    }
  }

  void maySnapshotFail() {
    if (rng.chance(snapshotFailure)) {
      throw new UncheckedIOException(new IOException("simulated failure of a snapshot"));
    }
  }
}
