package io.raftkv.sim.disk;

import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Effects;
import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.engine.Scheduler;
import io.raftkv.sim.engine.Strongest;
import java.io.IOException;
import java.io.UncheckedIOException;

/** How one disk fares at the moment. All times in virtual nanoseconds. */
public final class DiskFaults {
  private static final long SETTLED_NANOS = 5_000_000_000L;

  private final Scheduler scheduler;
  private final Rng rng;
  private final Effects effects;
  private final long syncNanosMin;
  private final long syncNanosTail;
  private final double slowChance;

  /** Syncs take so many times longer. */
  public final Strongest slowness = new Strongest(1);

  /** Chance that a sync fails, which kills the store. */
  public final Strongest syncFailures = new Strongest(0);

  /** Chance that a snapshot can neither be made nor read. */
  public final Strongest snapshotFailures = new Strongest(0);

  private long hungUntilNanos;
  private long fullSinceNanos;
  private long fullUntilNanos;
  private long logRoomBytes;

  /** Until when syncs take that began under a fault; its end does not end them. */
  private long afflictedUntilNanos;

  public DiskFaults(
      Scheduler scheduler,
      Rng rng,
      Effects effects,
      long syncNanosMin,
      long syncNanosTail,
      double slowChance) {
    this.scheduler = scheduler;
    this.rng = rng;
    this.effects = effects;
    this.syncNanosMin = syncNanosMin;
    this.syncNanosTail = syncNanosTail;
    this.slowChance = slowChance;
  }

  public void hangUntil(long nanos) {
    hungUntilNanos = Math.max(hungUntilNanos, nanos);
  }

  /**
   * It has hardly any room until then.
   *
   * @param logBytes what the log takes all the same, beyond what cannot be refused
   */
  public void fillUntil(long nanos, long logBytes) {
    if (!isFull()) {
      fullSinceNanos = scheduler.nowNanos();
      logRoomBytes = logBytes;
    }
    fullUntilNanos = Math.max(fullUntilNanos, nanos);
  }

  long logRoomBytes() {
    return isFull() ? logRoomBytes : Long.MAX_VALUE;
  }

  /** Nothing is on the way to it any more that was sent before it was full. */
  boolean hasLongBeenFull() {
    long sinceNanos = Math.max(fullSinceNanos, Math.max(hungUntilNanos, afflictedUntilNanos));
    return isFull() && isPrompt() && scheduler.nowNanos() - sinceNanos > SETTLED_NANOS;
  }

  /** Whether it has been without a break since then. */
  public boolean isFullSince(long nanos) {
    return isFull() && fullSinceNanos <= nanos;
  }

  public boolean isFull() {
    return fullUntilNanos > scheduler.nowNanos();
  }

  public void heal() {
    slowness.heal();
    syncFailures.heal();
    snapshotFailures.heal();
    hungUntilNanos = 0;
    fullUntilNanos = 0;
  }

  /** No fault is under way, nor anything that one holds up. */
  public boolean isPrompt() {
    return slowness.isUsual()
        && syncFailures.isUsual()
        && snapshotFailures.isUsual()
        && hungUntilNanos <= scheduler.nowNanos()
        && afflictedUntilNanos <= scheduler.nowNanos();
  }

  /** How long a sync takes that starts now. */
  public long syncNanos() {
    long nanos = syncNanosMin + rng.exponential(syncNanosTail);
    if (rng.chance(slowChance)) {
      nanos += 10 * syncNanosTail;
    }
    if (!slowness.isUsual()) {
      effects.saw(Effect.SYNC_SLOWED);
    }
    long hung = Math.max(0, hungUntilNanos - scheduler.nowNanos());
    if (hung > 0) {
      effects.saw(Effect.SYNC_HUNG);
    }
    long taken = (long) (nanos * slowness.strength()) + hung;
    if (!slowness.isUsual() || hung > 0) {
      afflictedUntilNanos = Math.max(afflictedUntilNanos, scheduler.nowNanos() + taken);
    }
    return taken;
  }

  boolean doesSyncFail() {
    return rng.chance(syncFailures.strength());
  }

  void syncFailed() {
    effects.saw(Effect.SYNC_FAILED);
  }

  void maySyncFail() {
    if (doesSyncFail()) {
      throw new UncheckedIOException(new IOException("simulated failure of a sync"));
    }
  }

  void maySnapshotFail() {
    if (rng.chance(snapshotFailures.strength())) {
      effects.saw(Effect.SNAPSHOT_FAILED);
      throw new UncheckedIOException(new IOException("simulated failure of a snapshot"));
    }
  }
}
