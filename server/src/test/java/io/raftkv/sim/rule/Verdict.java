package io.raftkv.sim.rule;

import org.jspecify.annotations.Nullable;

/** Where broken rules are noted. The first one counts. */
public final class Verdict {
  private @Nullable String broken;

  /** Does not throw: rules are asked in the middle of production code, which might catch it. */
  public void broken(String rule, String how) {
    if (broken == null) {
      broken = rule + ": " + how;
    }
  }

  public boolean isBroken() {
    return broken != null;
  }

  public String text() {
    return broken == null ? "" : broken;
  }
}
