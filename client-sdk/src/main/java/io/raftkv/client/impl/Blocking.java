package io.raftkv.client.impl;

import io.raftkv.client.KvException;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/** Turns the futures into blocking calls. */
public final class Blocking {
  private Blocking() {}

  /** Makes a read and waits for it. */
  public static <T> T read(Supplier<CompletableFuture<T>> call) {
    return await(call, Outcome.READ);
  }

  /** Makes a write and waits for it; interrupted, its outcome is unknown. */
  public static <T> T write(Supplier<CompletableFuture<T>> call) {
    return await(call, Outcome.UNKNOWN);
  }

  /**
   * A network thread that waits for itself would wait until the deadline of every call. Told before
   * anything is sent: whoever is refused must be able to rely on it.
   */
  static void requireOwnThread() {
    if (NetworkThread.isCurrent()) {
      throw new IllegalStateException(
          "a blocking call inside a callback of a raftkv future: use the Async method, or thenApplyAsync");
    }
  }

  private static <T> T await(Supplier<CompletableFuture<T>> call, Outcome ifInterrupted) {
    requireOwnThread();
    CompletableFuture<T> future = call.get();
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(false);
      Thread.currentThread().interrupt();
      throw new KvException(
          Reason.INTERRUPTED,
          ifInterrupted,
          "interrupted while waiting for the answer",
          null,
          Map.of(),
          e);
    } catch (CancellationException e) {
      throw new IllegalStateException("a future of the client was cancelled from outside", e);
    } catch (ExecutionException e) {
      throw atCaller(e);
    }
  }

  /** The same failure with the stack of the thread that asked, which is the one to look at. */
  private static RuntimeException atCaller(ExecutionException e) {
    if (e.getCause() instanceof KvException kv) {
      return new KvException(
          kv.reason(),
          kv.outcome(),
          String.valueOf(kv.getMessage()),
          kv.endpoint().orElse(null),
          kv.metadata(),
          kv.getCause());
    }
    return new IllegalStateException("defect of the client: " + e.getCause(), e.getCause());
  }
}
