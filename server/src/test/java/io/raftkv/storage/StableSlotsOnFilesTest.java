package io.raftkv.storage;

import io.raftkv.raft.StableStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class StableSlotsOnFilesTest extends StableStoreContract {
  @TempDir Path folder;

  @Override
  StableStore create() {
    return new StableSlots(new MapDbVolumes(folder));
  }

  @Override
  StableStore reopen(StableStore store) {
    store.close();
    return create();
  }
}
