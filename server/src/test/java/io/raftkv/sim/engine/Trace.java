package io.raftkv.sim.engine;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * A running hash over everything that happens: two runs of one seed must end with the same one.
 * With a writer, also a line for each event.
 */
public final class Trace {
  private final Scheduler scheduler;
  private final @Nullable PrintWriter out;
  private long digest = 0x243F6A8885A308D3L;

  public Trace(Scheduler scheduler, @Nullable PrintWriter out) {
    this.scheduler = scheduler;
    this.out = out;
  }

  public boolean isWritten() {
    return out != null;
  }

  /** Folds an event into the digest. */
  public void event(int kind, long a, long b) {
    long h = digest ^ scheduler.nowNanos();
    h = (h ^ kind) * 0x9E3779B97F4A7C15L;
    h = (Long.rotateLeft(h, 23) ^ a) * 0xBF58476D1CE4E5B9L;
    h = (Long.rotateLeft(h, 29) ^ b) * 0x94D049BB133111EBL;
    digest = h ^ (h >>> 32);
  }

  /** A line for people; only if {@link #isWritten}. */
  public void line(String text) {
    if (out != null) {
      out.printf("%d %.6f %s%n", scheduler.executed(), scheduler.nowNanos() / 1e9, text);
    }
  }

  public long digest() {
    return digest;
  }
}
