package io.raftkv.sim;

import io.raftkv.check.Operation;
import io.raftkv.raft.RaftException;
import io.raftkv.sim.engine.Effect;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One request to one member, with a time limit after which its client does not know what came of it
 * and goes on. Never asked twice.
 */
abstract class Attempt implements Runnable {
  final World world;
  final int client;
  final SimProcess process;
  final List<Operation> operations;
  private final Runnable over;
  private long askedNanos;
  private boolean isOver;
  private boolean isAnswered;
  private boolean isRefused;
  private boolean isLate;

  /**
   * @param operations what it is in the history
   * @param over told when the client may go on
   */
  Attempt(World world, int client, SimProcess process, List<Operation> operations, Runnable over) {
    this.world = world;
    this.client = client;
    this.process = process;
    this.operations = operations;
    this.over = over;
  }

  abstract CompletableFuture<?> send();

  abstract void succeeded(@Nullable Object answer, long nowNanos);

  final void ask() {
    world.note("ask", client, process.machine());
    askedNanos = world.scheduler.nowNanos();
    process.asked(this);
    world.scheduler.after(world.plan.clientTimeoutNanos, this);
    try {
      send().whenComplete(this::answered);
    } catch (RuntimeException e) {
      world.verdict.broken("requests do not throw", World.trace(e));
    }
    process.afterTurn();
  }

  final long askedNanos() {
    return askedNanos;
  }

  /** Answered, and not refused. */
  final boolean isAnswered() {
    return isAnswered;
  }

  final boolean isRefused() {
    return isRefused;
  }

  /** Answered or refused when nobody waited for it any more. */
  final boolean isLate() {
    return isLate;
  }

  /** Its time is over. */
  @Override
  public final void run() {
    if (!isOver) {
      world.note("timeout", client, process.machine());
      end();
    }
  }

  private void answered(@Nullable Object answer, @Nullable Throwable failure) {
    process.answered(this);
    if (isOver || !process.isAlive) {
      isLate = isOver;
      return;
    }
    if (failure == null) {
      isAnswered = true;
      succeeded(answer, world.scheduler.nowNanos());
    } else {
      refused(failure.getCause() == null ? failure : failure.getCause());
    }
    end();
  }

  private void refused(Throwable cause) {
    if (!(cause instanceof RaftException refusal)) {
      world.verdict.broken("requests fail in known ways", World.trace(cause));
      return;
    }
    isRefused = true;
    world.note("refused", client, refusal.reason().ordinal());
    if (refusal.reason() == RaftException.Reason.QUEUE_FULL) {
      world.effects.saw(Effect.QUEUE_FULL);
    }
    if (refusal.reason().isNotApplied()) {
      long now = world.scheduler.nowNanos();
      operations.forEach(operation -> world.history.refused(operation, now));
    }
  }

  private void end() {
    isOver = true;
    over.run();
  }
}
