package io.raftkv.client.impl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NetworkLoopsTest {
  @Test
  void theyAreSharedAndEndWithTheLastWhoUsesThem() {
    NetworkLoops loops = NetworkLoops.acquire();
    NetworkLoops same = NetworkLoops.acquire();
    assertThat(same).isSameAs(loops);

    loops.close();
    assertThat(loops.group().isShuttingDown()).isFalse();
    same.close();

    assertThat(loops.group().isShuttingDown()).isTrue();
    try (NetworkLoops next = NetworkLoops.acquire()) {
      assertThat(next.group().isShuttingDown()).isFalse();
    }
  }
}
