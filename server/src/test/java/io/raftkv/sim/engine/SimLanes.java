package io.raftkv.sim.engine;

import io.raftkv.raft.node.Lane;
import io.raftkv.raft.node.Lanes;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Lanes of one process, as queues of the scheduler: a wake schedules one turn after a drawn delay,
 * so that turns of different lanes interleave in every order. A turn is one event.
 */
public final class SimLanes implements Lanes {
  private final Scheduler scheduler;
  private final LaneHost host;

  public SimLanes(Scheduler scheduler, LaneHost host) {
    this.scheduler = scheduler;
    this.host = host;
  }

  @Override
  public Lane create(String name, Runnable turn, Duration period, BooleanSupplier isLight) {
    return new SimLane(name, turn, period.toNanos());
  }

  private final class SimLane implements Lane {
    private final String name;
    private final Runnable turn;
    private final long periodNanos;
    private final Runnable due = this::due;
    private final Runnable periodic = this::periodic;
    private boolean isStarted;
    private boolean isClosed;
    private boolean isScheduled;

    SimLane(String name, Runnable turn, long periodNanos) {
      this.name = name;
      this.turn = turn;
      this.periodNanos = periodNanos;
    }

    @Override
    public void start() {
      isStarted = true;
      wake();
      if (periodNanos > 0) {
        scheduler.after(host.realNanos(periodNanos), periodic);
      }
    }

    @Override
    public void wake() {
      if (isStarted && !isClosed && !isScheduled && host.isAlive()) {
        isScheduled = true;
        scheduler.after(host.turnDelayNanos(name), due);
      }
    }

    @Override
    public void close() {
      isClosed = true;
    }

    private void periodic() {
      if (isClosed || !host.isAlive()) {
        return;
      }
      scheduler.after(host.realNanos(periodNanos), periodic);
      if (!isScheduled) {
        isScheduled = true;
        due();
      }
    }

    private void due() {
      if (isClosed || !host.isAlive()) {
        return;
      }
      if (host.pausedUntilNanos() > scheduler.nowNanos()) {
        scheduler.at(host.pausedUntilNanos(), due);
        return;
      }
      isScheduled = false;
      host.run(name, turn);
    }
  }
}
