package io.raftkv.client.impl;

/** Knows whether the current thread is completing futures, and must therefore not wait for one. */
public final class NetworkThread {
  private static final ThreadLocal<Boolean> COMPLETING = new ThreadLocal<>();

  private NetworkThread() {}

  /** Whether the caller runs inside {@link #run}. */
  public static boolean isCurrent() {
    return COMPLETING.get() != null;
  }

  /** Runs what completes a future. */
  static void run(Runnable completion) {
    if (isCurrent()) {
      completion.run();
      return;
    }
    COMPLETING.set(Boolean.TRUE);
    try {
      completion.run();
    } finally {
      COMPLETING.remove();
    }
  }
}
