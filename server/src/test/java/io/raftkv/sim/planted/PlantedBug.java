package io.raftkv.sim.planted;

/**
 * A bug: in one production source, one snippet, which must occur exactly once, becomes another one.
 *
 * @param seed one that finds it
 */
record PlantedBug(String name, String source, String snippet, String replacement, long seed) {
  @Override
  public String toString() {
    return name;
  }
}
