package io.raftkv.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StrongestTest {
  private final Strongest slowness = new Strongest(1);

  @Test
  void strongestOfThoseThatOverlapCounts() {
    slowness.begin(5);
    slowness.begin(3);

    assertThat(slowness.strength()).isEqualTo(5);
  }

  @Test
  void endOfOneDoesNotEndTheOthers() {
    slowness.begin(5);
    slowness.begin(3);
    slowness.end(5);
    assertThat(slowness.strength()).isEqualTo(3);

    slowness.end(3);
    assertThat(slowness.strength()).isEqualTo(1);
    assertThat(slowness.isUsual()).isTrue();
  }

  @Test
  void endAfterHealingChangesNothing() {
    slowness.begin(5);
    slowness.heal();
    slowness.begin(3);
    slowness.end(5);

    assertThat(slowness.strength()).isEqualTo(3);
  }
}
