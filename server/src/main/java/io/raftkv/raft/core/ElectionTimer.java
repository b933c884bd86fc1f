package io.raftkv.raft.core;

import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.RandomSource;

/**
 * How long to wait before the next campaign. Usually one to two election timeouts, drawn anew each
 * time (Raft paper 5.2). Quick after the connection to the leader broke, and at start: then nobody
 * waits for a leader that may only be slow, and a pre-vote that comes too early changes nothing.
 * Each quick attempt doubles the range, so that two candidates part, until the usual wait is
 * reached.
 */
final class ElectionTimer {
  private final RaftOptions options;
  private final RandomSource random;
  private boolean isQuick = true;
  private int attempts;
  private int elapsed;
  private int timeout;

  ElectionTimer(RaftOptions options, RandomSource random) {
    this.options = options;
    this.random = random;
    restart();
  }

  /** From now on quick, until the leader is heard or patience has run out. */
  void quick() {
    isQuick = true;
    attempts = 0;
    restart();
  }

  /** A leader is there: wait for its silence. */
  void leaderHeard() {
    elapsed = 0;
    if (isQuick) {
      isQuick = false;
      restart();
    }
  }

  /** A campaign begins: if it fails, the next one waits longer. */
  void nextAttempt() {
    attempts++;
    restart();
  }

  /** Draws a new wait. */
  void restart() {
    elapsed = 0;
    int range = quickRange();
    isQuick &= range < options.electionTicks();
    timeout =
        isQuick
            ? 1 + random.nextInt(range)
            : options.electionTicks() + random.nextInt(options.electionTicks());
  }

  private int quickRange() {
    long range = (long) options.reconnectTicksMax() << Math.min(attempts, 20);
    return (int) Math.min(range, options.electionTicks());
  }

  boolean isQuick() {
    return isQuick;
  }

  /** One tick passes. Returns whether the wait is over. */
  boolean tick() {
    return ++elapsed >= timeout;
  }
}
