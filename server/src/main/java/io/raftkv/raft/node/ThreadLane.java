package io.raftkv.raft.node;

import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** A lane that is a thread. It is never interrupted: an interrupt would close its files. */
final class ThreadLane implements Lane {
  private final Runnable turn;
  private final long periodNanos;
  private final Thread thread;
  private final AtomicBoolean isWoken = new AtomicBoolean();
  private volatile boolean isClosed;

  ThreadLane(String name, Runnable turn, Duration period) {
    this.turn = turn;
    this.periodNanos = period.toNanos();
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public void wake() {
    // What was handed over must be seen by a turn that begins after this flag is read: without the
    // fence the flag, still up for an earlier item, could be read before this item can be seen.
    VarHandle.fullFence();
    if (!isWoken.get() && isWoken.compareAndSet(false, true)) {
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    while (!isClosed) {
      // Before the turn: what arrives while it runs asks for another one.
      isWoken.set(false);
      turn.run();
      long parkedAt = System.nanoTime();
      while (!isWoken.get() && !isClosed) {
        if (periodNanos == 0) {
          LockSupport.park(this);
        } else {
          long left = periodNanos - (System.nanoTime() - parkedAt);
          if (left <= 0) {
            break;
          }
          LockSupport.parkNanos(this, left);
        }
      }
    }
  }

  @Override
  public void close() {
    isClosed = true;
    LockSupport.unpark(thread);
    if (Thread.currentThread() == thread || thread.getState() == Thread.State.NEW) {
      return;
    }
    boolean wasInterrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
