package io.raftkv.sim.engine;

import java.util.ArrayList;
import java.util.List;

/** How often each {@link Effect} was seen. A fault that never has one tests nothing. */
public final class Effects {
  private final long[] counts = new long[Effect.values().length];

  public void saw(Effect effect) {
    counts[effect.ordinal()]++;
  }

  public long count(Effect effect) {
    return counts[effect.ordinal()];
  }

  public void add(Effects other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
  }

  /** Those that were not seen at all. */
  public List<Effect> missing() {
    List<Effect> missing = new ArrayList<>();
    for (Effect effect : Effect.values()) {
      if (count(effect) == 0) {
        missing.add(effect);
      }
    }
    return missing;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Effect effect : Effect.values()) {
      text.append(effect).append('=').append(count(effect)).append(' ');
    }
    return text.toString().strip();
  }
}
