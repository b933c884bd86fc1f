package io.raftkv.raft.node;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A lane with a thread of its own. A thread that {@link Loan lends} itself may run a turn in its
 * place if the lane is idle; under load it never is, and lenders go on. The thread is never
 * interrupted: an interrupt would close its files.
 *
 * <pre>
 *          wake                     thread, or a lender
 *  IDLE ----------> WANTED ---------------------------------> RUNNING
 *    ^                                                           |
 *    |                                                           | wake
 *    '<--------------------- the turn ends ----------------------+
 *                                                                v
 *                  WANTED <-------- the turn ends -------- RUNNING_WANTED
 * </pre>
 */
final class ThreadLane implements Lane {
  private enum State {
    IDLE,
    /** A turn is to begin, which nobody has begun yet. */
    WANTED,
    RUNNING,
    /** Something came while the turn ran, perhaps too late for it. */
    RUNNING_WANTED,
    CLOSED
  }

  private final Runnable turn;
  private final long periodNanos;
  private final BooleanSupplier isLight;
  private final Thread thread;
  private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
  private volatile boolean isStarted;

  /** Who runs the turn; null between turns, and for a moment at their ends. */
  private volatile @Nullable Thread runner;

  ThreadLane(String name, Runnable turn, Duration period, BooleanSupplier isLight) {
    this.turn = turn;
    this.periodNanos = period.toNanos();
    this.isLight = isLight;
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  @Override
  public void start() {
    isStarted = true;
    thread.start();
  }

  @Override
  public void wake() {
    while (true) {
      // Written even if it stays what it is: a turn that begins after it sees what was handed over.
      State seen = state.get();
      if (seen == State.CLOSED) {
        return;
      }
      boolean isIdle = seen == State.IDLE || seen == State.WANTED;
      State next = isIdle ? State.WANTED : State.RUNNING_WANTED;
      if (state.compareAndSet(seen, next)) {
        // Also what is wanted already: whoever lends itself for the shorter time begins it.
        boolean isNoted = isIdle && isStarted && isLight.getAsBoolean() && Loan.notes(this);
        if (seen == State.IDLE && !isNoted) {
          runOnThread();
        }
        return;
      }
    }
  }

  /** The thread begins the turn that is wanted, if nobody else has. */
  void runOnThread() {
    LockSupport.unpark(thread);
  }

  /** The same, but if the turn is light, and nobody has begun it yet, it runs here and now. */
  void runIfLight() {
    if (!isLight.getAsBoolean()) {
      runOnThread();
    } else if (state.compareAndSet(State.WANTED, State.RUNNING)) {
      runTurn();
    }
  }

  private void runTurn() {
    runner = Thread.currentThread();
    try {
      turn.run();
    } finally {
      runner = null;
      end();
    }
  }

  /** What came meanwhile is for the thread: a lender has other work. */
  private void end() {
    if (!state.compareAndSet(State.RUNNING, State.IDLE)) {
      state.compareAndSet(State.RUNNING_WANTED, State.WANTED);
      runOnThread();
    }
  }

  private void run() {
    Runnable runTurn = this::runTurn;
    long turnNanos = System.nanoTime();
    while (state.get() != State.CLOSED) {
      boolean isDue = periodNanos > 0 && System.nanoTime() - turnNanos >= periodNanos;
      if (state.compareAndSet(State.WANTED, State.RUNNING)
          || (isDue && state.compareAndSet(State.IDLE, State.RUNNING))) {
        if (isLight.getAsBoolean()) {
          Loan.lend(runTurn);
        } else {
          runTurn();
        }
        turnNanos = System.nanoTime();
      } else if (isDue) {
        // Somebody else runs a turn right now.
        turnNanos = System.nanoTime();
      } else if (periodNanos == 0) {
        LockSupport.park(this);
      } else {
        LockSupport.parkNanos(this, periodNanos - (System.nanoTime() - turnNanos));
      }
    }
  }

  @Override
  public void close() {
    boolean isInTurn = runner == Thread.currentThread();
    boolean wasInterrupted = false;
    while (true) {
      State seen = state.get();
      if (seen == State.CLOSED) {
        break;
      }
      boolean isBusy = seen == State.RUNNING || seen == State.RUNNING_WANTED;
      if ((!isBusy || isInTurn) && state.compareAndSet(seen, State.CLOSED)) {
        break;
      }
      if (isBusy && !isInTurn) {
        wasInterrupted |= Thread.interrupted();
        LockSupport.parkNanos(this, 100_000);
      }
    }
    LockSupport.unpark(thread);
    while (thread != Thread.currentThread() && thread.isAlive()) {
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
