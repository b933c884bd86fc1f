package io.raftkv.service;

import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Begins requests that come as calls of their own as if they had come in one message: all that one
 * pass of a network loop brings, at its end. Each of them alone would wake a lane. For any thread;
 * on one that is no network loop, at once.
 */
final class Arrivals implements Executor {
  /** Of one loop, and confined to it. */
  private static final class Pass {
    final ArrayDeque<Runnable> begins = new ArrayDeque<>();
    boolean hasEnd;
  }

  private final Consumer<Runnable> together;
  private final Supplier<EventLoop> loop;
  private final ThreadLocal<Pass> pass = ThreadLocal.withInitial(Pass::new);

  /**
   * @param together runs what it is given, and begins as one what that asks for
   * @param loop the one that runs the caller; any if none does
   */
  Arrivals(Consumer<Runnable> together, Supplier<EventLoop> loop) {
    this.together = together;
    this.loop = loop;
  }

  @Override
  public void execute(Runnable begin) {
    EventLoop current = loop.get();
    if (!current.inEventLoop()) {
      begin.run();
      return;
    }
    Pass arrived = pass.get();
    arrived.begins.add(begin);
    if (!arrived.hasEnd) {
      arrived.hasEnd = true;
      // A loop runs what it is given once it has read what there was to read.
      current.execute(() -> end(arrived));
    }
  }

  private void end(Pass arrived) {
    arrived.hasEnd = false;
    together.accept(
        () -> {
          for (Runnable next = arrived.begins.poll(); next != null; next = arrived.begins.poll()) {
            next.run();
          }
        });
  }
}
