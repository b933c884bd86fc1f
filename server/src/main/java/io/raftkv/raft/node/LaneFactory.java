package io.raftkv.raft.node;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Makes the lanes of one node. Whatever a turn throws stops the node, and a stopped node's turns do
 * nothing: what was only in memory is never served (law 3).
 */
record LaneFactory(Lanes lanes, BooleanSupplier isStopped, Consumer<Throwable> fail) {
  Lane create(String name, Runnable turn) {
    return create(name, turn, Duration.ZERO);
  }

  Lane create(String name, Runnable turn, Duration period) {
    return lanes.create(name, () -> guarded(turn), period);
  }

  Lane create(String name, Runnable turn, Duration period, BooleanSupplier isLight) {
    return lanes.create(name, () -> guarded(turn), period, isLight);
  }

  void lend(Runnable work) {
    lanes.lend(work);
  }

  private void guarded(Runnable turn) {
    if (isStopped.getAsBoolean()) {
      return;
    }
    try {
      turn.run();
    } catch (RuntimeException | Error e) {
      fail.accept(e);
    }
  }
}
