package io.raftkv.sim.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Faults of one kind that may overlap: the strongest counts, and the end of one does not end the
 * others.
 */
public final class Strongest {
  private final double usual;
  private final List<Double> active = new ArrayList<>();

  /**
   * @param usual the strength without a fault
   */
  public Strongest(double usual) {
    this.usual = usual;
  }

  public double strength() {
    double strongest = usual;
    for (double strength : active) {
      strongest = Math.max(strongest, strength);
    }
    return strongest;
  }

  public boolean isUsual() {
    return active.isEmpty();
  }

  public void begin(double strength) {
    active.add(strength);
  }

  /** Ends one fault that began with this strength; none if all were healed meanwhile. */
  public void end(double strength) {
    active.remove((Double) strength);
  }

  public void heal() {
    active.clear();
  }
}
