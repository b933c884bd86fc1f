package io.raftkv.sim.engine;

import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * Events in the order of their virtual times; at one time, in the order in which they were asked
 * for. A binary heap of primitive keys: the loop allocates nothing.
 */
public final class Scheduler {
  private long[] times = new long[256];
  private long[] sequences = new long[256];
  private Runnable[] actions = new Runnable[256];
  private int size;
  private long nextSequence;
  private long nowNanos;
  private long executed;

  /** Virtual time since the world began. */
  public long nowNanos() {
    return nowNanos;
  }

  /** Events run so far: the number of the one that runs. */
  public long executed() {
    return executed;
  }

  public void after(long delayNanos, Runnable action) {
    at(nowNanos + delayNanos, action);
  }

  /** Never before now. */
  public void at(long timeNanos, Runnable action) {
    if (size == times.length) {
      times = Arrays.copyOf(times, 2 * size);
      sequences = Arrays.copyOf(sequences, 2 * size);
      actions = Arrays.copyOf(actions, 2 * size);
    }
    long time = Math.max(timeNanos, nowNanos);
    long sequence = nextSequence++;
    int hole = size++;
    while (hole > 0) {
      int parent = (hole - 1) >>> 1;
      if (times[parent] <= time) {
        break;
      }
      move(parent, hole);
      hole = parent;
    }
    put(hole, time, sequence, action);
  }

  /** Runs every event up to this time, while {@code isGoing}; then it is that time. */
  public void runUntil(long nanos, BooleanSupplier isGoing) {
    while (isGoing.getAsBoolean()) {
      if (!runNext(nanos)) {
        // Time passes even if nothing happens: whoever waits for it would wait for ever.
        nowNanos = Math.max(nowNanos, nanos);
        return;
      }
    }
  }

  /** Runs the next event, unless it is later than this or there is none. */
  public boolean runNext(long untilNanos) {
    if (size == 0 || times[0] > untilNanos) {
      return false;
    }
    nowNanos = times[0];
    Runnable action = actions[0];
    removeFirst();
    executed++;
    action.run();
    return true;
  }

  private void removeFirst() {
    int last = --size;
    long time = times[last];
    long sequence = sequences[last];
    Runnable action = actions[last];
    actions[last] = null;
    if (last == 0) {
      return;
    }
    int hole = 0;
    while (true) {
      int child = 2 * hole + 1;
      if (child >= size) {
        break;
      }
      int other = child + 1;
      if (other < size && isBefore(times[other], sequences[other], child)) {
        child = other;
      }
      if (isBefore(time, sequence, child)) {
        break;
      }
      move(child, hole);
      hole = child;
    }
    put(hole, time, sequence, action);
  }

  private boolean isBefore(long time, long sequence, int slot) {
    return time < times[slot] || (time == times[slot] && sequence < sequences[slot]);
  }

  private void move(int from, int to) {
    times[to] = times[from];
    sequences[to] = sequences[from];
    actions[to] = actions[from];
  }

  private void put(int slot, long time, long sequence, Runnable action) {
    times[slot] = time;
    sequences[slot] = sequence;
    actions[slot] = action;
  }
}
