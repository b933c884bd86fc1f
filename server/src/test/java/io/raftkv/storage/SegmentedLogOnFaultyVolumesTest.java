package io.raftkv.storage;

import io.raftkv.raft.LogStore;
import io.raftkv.raft.StableStore.Identity;
import java.util.Random;

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
}
