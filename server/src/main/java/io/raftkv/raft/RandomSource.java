package io.raftkv.raft;

/** Where the core's randomness comes from: seeded in the simulation. Used by one lane. */
@FunctionalInterface
public interface RandomSource {
  /** Between 0 and {@code bound}, exclusive. */
  int nextInt(int bound);
}
