package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.StableStore;
import java.io.UncheckedIOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StableSlotsTest extends StableStoreContract {
  private FaultyVolumes volumes = new FaultyVolumes(new Random(1));

  @Override
  StableStore create() {
    return new StableSlots(volumes);
  }

  @Override
  StableStore reopen(StableStore store) {
    store.close();
    volumes.powerLoss();
    return create();
  }

  @Test
  void crashOrFailureAtAnyOperationLeavesTheOldOrTheNewIdentity() {
    for (long operation = 1; operation <= 30; operation++) {
      for (int seed = 0; seed < 60; seed++) {
        volumes = new FaultyVolumes(new Random(seed));
        if (seed % 2 == 0) {
          volumes.cutPowerAt(operation);
        } else {
          volumes.failAt(operation);
        }
        int saved = 0;
        try {
          StableStore store = create();
          store.save(FIRST);
          saved = 1;
          store.save(SECOND);
          saved = 2;
        } catch (UncheckedIOException e) {
          assertThat(e).isNotInstanceOf(DamagedException.class);
        }
        if (seed % 2 == 0) {
          volumes.powerLoss();
        } else {
          volumes.restart();
        }
        StableStore store = create();
        String what = "operation " + operation + " seed " + seed;
        switch (saved) {
          case 0 -> assertThat(store.identity().orElse(FIRST)).as(what).isEqualTo(FIRST);
          case 1 -> assertThat(store.identity().orElseThrow()).as(what).isIn(FIRST, SECOND);
          default -> assertThat(store.identity()).as(what).contains(SECOND);
        }
        var shown = store.identity();
        assertThat(reopen(store).identity()).as(what).isEqualTo(shown);
      }
    }
  }

  @Test
  void crashAtAnyOperationLeavesTheOldOrTheNewMarkAndTheIdentity() {
    for (long operation = 1; operation <= 10; operation++) {
      for (int seed = 0; seed < 60; seed++) {
        volumes = new FaultyVolumes(new Random(seed));
        StableSlots stable = new StableSlots(volumes);
        stable.save(FIRST);
        stable.noteDurable(1);
        volumes.cutPowerAt(volumes.operations() + operation);
        long noted = 1;
        try {
          for (long sequence = 2; sequence <= 6; sequence++) {
            stable.noteDurable(sequence);
            noted = sequence;
          }
        } catch (UncheckedIOException e) {
          assertThat(e).isInstanceOf(FaultyVolumes.PowerCutException.class);
        }
        volumes.powerLoss();
        StableSlots found = new StableSlots(volumes);
        assertThat(found.identity()).contains(FIRST);
        assertThat(found.durableSequence()).isBetween(noted, noted + 1);
      }
    }
  }

  @Test
  void markNeverGoesBackAndSurvivesANewIdentity() {
    StableSlots stable = new StableSlots(volumes);
    stable.save(FIRST);
    assertThat(stable.durableSequence()).isZero();
    stable.noteDurable(7);
    stable.noteDurable(5);
    stable.save(SECOND);
    stable.close();
    assertThat(new StableSlots(volumes).durableSequence()).isEqualTo(7);
  }

  @Test
  void oneDamagedCopyIsRepairedFromTheOther() {
    for (int at = 0; at < 2 * StableSlots.SLOT_BYTES; at += 7) {
      volumes = new FaultyVolumes(new Random(1));
      try (StableStore store = create()) {
        store.save(FIRST);
      }
      volumes.flipBit(StableSlots.NAME, 8L * at);
      try (StableStore store = create()) {
        assertThat(store.identity()).contains(FIRST);
      }
    }
  }

  @Test
  void twoDamagedCopiesAreReported() {
    try (StableStore store = create()) {
      store.save(FIRST);
    }
    volumes.flipBit(StableSlots.NAME, 8 * 20);
    volumes.flipBit(StableSlots.NAME, 8 * (StableSlots.SLOT_BYTES + 20));
    assertThatThrownBy(this::create)
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("neither copy of the identity is valid");
  }

  @Test
  void failedSaveKillsTheStore() {
    StableStore store = create();
    volumes.failAt(volumes.operations() + 2);
    assertThatThrownBy(() -> store.save(FIRST)).isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(() -> store.save(FIRST))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("failed before");
  }
}
