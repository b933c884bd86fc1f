package io.raftkv.sim;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Proposes one command of a session. What it is in the history is its client's to say. */
final class SessionAttempt extends Attempt {
  private final byte[] command;
  private final Consumer<byte[]> answered;

  /**
   * @param answered told the result, unless it is refused or comes too late
   */
  SessionAttempt(
      World world,
      int client,
      SimProcess process,
      byte[] command,
      Consumer<byte[]> answered,
      Runnable over) {
    super(world, client, process, List.of(), over);
    this.command = command;
    this.answered = answered;
  }

  @Override
  CompletableFuture<?> send() {
    return process.node().propose(command);
  }

  @Override
  void succeeded(@Nullable Object answer, long nowNanos) {
    if (answer instanceof byte[] result) {
      answered.accept(result);
    }
  }
}
