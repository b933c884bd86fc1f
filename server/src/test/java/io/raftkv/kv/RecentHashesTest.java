package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentHashesTest {
  private final RecentHashes hashes = new RecentHashes();

  @Test
  void knowsTheLatestEntriesOnly() {
    for (long index = 1; index <= 2L * RecentHashes.SIZE; index++) {
      hashes.add(index, -index);
    }

    assertThat(hashes.at(2L * RecentHashes.SIZE)).hasValue(-2L * RecentHashes.SIZE);
    assertThat(hashes.at(RecentHashes.SIZE + 1)).hasValue(-RecentHashes.SIZE - 1L);
    assertThat(hashes.at(RecentHashes.SIZE)).isEmpty();
    assertThat(hashes.at(2L * RecentHashes.SIZE + 1)).isEmpty();
    assertThat(hashes.at(0)).isEmpty();
  }

  @Test
  void forgetsWhatASnapshotReplaced() {
    hashes.add(1, 10);
    hashes.add(2, 20);

    hashes.restartAt(7, 70);

    assertThat(hashes.at(1)).isEmpty();
    assertThat(hashes.at(2)).isEmpty();
    assertThat(hashes.at(7)).hasValue(70);
  }
}
