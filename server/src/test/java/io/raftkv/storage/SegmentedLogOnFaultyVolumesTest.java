package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.HardState;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.StableStore.Identity;
import java.io.UncheckedIOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The contract, with a power cut in place of a restart. */
class SegmentedLogOnFaultyVolumesTest extends LogStoreContract {
  private final FaultyVolumes volumes = new FaultyVolumes(new Random(1));

  @Override
  LogStore create() {
    return new SegmentedLog(volumes, new Identity(7, ALICE), 4096, 99, Runnable::run);
  }

  @Override
  LogStore reopen(LogStore log) {
    log.close();
    volumes.powerLoss();
    return create();
  }

  @Test
  void noteOfItsEndThatFailsIsNotKeptQuiet() {
    FaultyVolumes ofTheMark = new FaultyVolumes(new Random(2));
    Identity identity = new Identity(7, ALICE);
    try (StableSlots mark = new StableSlots(ofTheMark)) {
      mark.save(identity);
      try (SegmentedLog log = new SegmentedLog(volumes, identity, 4096, 99, Runnable::run, mark)) {
        log.saveHardState(new HardState(1, ALICE));
        log.sync();
        ofTheMark.failAt(ofTheMark.operations() + 1);

        assertThatThrownBy(log::noteDurable).isInstanceOf(UncheckedIOException.class);
      }
    }
  }
}
