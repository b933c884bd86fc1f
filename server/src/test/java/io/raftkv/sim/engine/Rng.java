package io.raftkv.sim.engine;

import io.raftkv.raft.RandomSource;

/**
 * xoroshiro128++ with the draws that a simulation needs. Each concern forks its own, by name, so
 * that a draw more in one place does not disturb the others.
 */
public final class Rng implements RandomSource {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long origin;
  private long s0;
  private long s1;

  public Rng(long seed) {
    origin = seed;
    s0 = mix(seed + GOLDEN);
    s1 = mix(seed + 2 * GOLDEN);
    if ((s0 | s1) == 0) {
      s1 = GOLDEN;
    }
  }

  /** Depends on the seed of this one and on the name, not on what was drawn. */
  public Rng fork(String concern) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < concern.length(); i++) {
      hash = (hash ^ concern.charAt(i)) * 0x100000001b3L;
    }
    return new Rng(mix(origin ^ mix(hash)));
  }

  public long nextLong() {
    long a = s0;
    long b = s1;
    long result = Long.rotateLeft(a + b, 17) + a;
    b ^= a;
    s0 = Long.rotateLeft(a, 49) ^ b ^ (b << 21);
    s1 = Long.rotateLeft(b, 28);
    return result;
  }

  @Override
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound " + bound);
    }
    return (int) (((nextLong() >>> 32) * bound) >>> 32);
  }

  /** At least 0, less than 1. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  public boolean chance(double probability) {
    return probability > 0 && nextDouble() < probability;
  }

  /** Both ends included. */
  public long between(long low, long high) {
    if (high < low) {
      throw new IllegalArgumentException(low + " to " + high);
    }
    long range = high - low + 1;
    return low + (long) (nextDouble() * range);
  }

  /** Both ends included; each order of magnitude is as likely as the next. {@code low} above 0. */
  public long magnitude(long low, long high) {
    double exponent = Math.log(low) + nextDouble() * (Math.log((double) high + 1) - Math.log(low));
    return Math.max(low, Math.min(high, (long) Math.exp(exponent)));
  }

  /** Mean {@code mean}, mostly short, at times long. */
  public long exponential(long mean) {
    return (long) (-Math.log(1 - nextDouble()) * mean);
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
