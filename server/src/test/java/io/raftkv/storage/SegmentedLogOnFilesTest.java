package io.raftkv.storage;

import io.raftkv.raft.LogStore;
import io.raftkv.raft.StableStore.Identity;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SegmentedLogOnFilesTest extends LogStoreContract {
  @TempDir Path folder;

  @Override
  LogStore create() {
    Identity identity = new Identity(7, ALICE);
    return new SegmentedLog(new MapDbVolumes(folder), identity, 4096, 99, Runnable::run);
  }

  @Override
  LogStore reopen(LogStore log) {
    log.close();
    return create();
  }
}
