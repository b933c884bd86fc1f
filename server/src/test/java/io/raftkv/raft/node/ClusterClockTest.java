package io.raftkv.raft.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClusterClockTest {
  private static final long YEAR_MILLIS = 365L * 24 * 3_600_000;

  private long nanos = 77;
  private long wallMillis = 1_000;
  private final ClusterClock time =
      new ClusterClock(
          new NodeClock() {
            @Override
            public long nanoTime() {
              return nanos;
            }

            @Override
            public long wallMillis() {
              return wallMillis;
            }
          });

  private void pass(long millis) {
    nanos += millis * 1_000_000;
    wallMillis += millis;
  }

  @Test
  void jumpOfTheWallClockDoesNotMoveClusterTime() {
    time.lead(1, 5_000);
    pass(10);
    wallMillis += YEAR_MILLIS;
    assertThat(time.millis()).isEqualTo(5_010);
    wallMillis -= 2 * YEAR_MILLIS;
    pass(10);
    assertThat(time.millis()).isEqualTo(5_020);
  }

  @Test
  void nextLeaderGoesOnFromTheLastEntryWhateverItsClockSays() {
    time.lead(3, YEAR_MILLIS);
    assertThat(time.millis()).isEqualTo(YEAR_MILLIS);
    pass(250);
    time.lead(3, YEAR_MILLIS + 200);
    assertThat(time.millis()).isEqualTo(YEAR_MILLIS + 250);

    time.lead(5, YEAR_MILLIS + 400);

    assertThat(time.millis()).isEqualTo(YEAR_MILLIS + 400);
  }

  @Test
  void firstLeaderOfAClusterBeginsWithTheWallClock() {
    time.lead(1, 0);
    pass(5);
    assertThat(time.millis()).isEqualTo(1_005);
  }
}
