package io.raftkv.storage;

import io.raftkv.raft.SnapshotStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SnapshotFilesOnFilesTest extends SnapshotStoreContract {
  @TempDir Path folder;

  @Override
  SnapshotStore create() {
    return new SnapshotFiles(new MapDbVolumes(folder), true);
  }

  @Override
  SnapshotStore reopen(SnapshotStore store) {
    store.close();
    return create();
  }
}
