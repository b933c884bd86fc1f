package io.raftkv.sim.planted;

/**
 * A bug: in one production source, one snippet, which must occur exactly once, becomes another one.
 *
 * @param rules what the first line of the report must have in it: the rules that are there for it
 * @param seed one that finds it
 */
record PlantedBug(
    String name, String source, String snippet, String replacement, String rules, long seed) {
  @Override
  public String toString() {
    return name;
  }
}
