package io.raftkv.storage;

import io.raftkv.raft.SnapshotStore;

class MemorySnapshotsTest extends SnapshotStoreContract {
  @Override
  SnapshotStore create() {
    return new MemorySnapshots();
  }

  @Override
  SnapshotStore reopen(SnapshotStore store) {
    return store;
  }
}
