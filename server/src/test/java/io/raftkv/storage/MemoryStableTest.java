package io.raftkv.storage;

import io.raftkv.raft.StableStore;

class MemoryStableTest extends StableStoreContract {
  @Override
  StableStore create() {
    return new MemoryStable();
  }

  @Override
  StableStore reopen(StableStore store) {
    return store;
  }
}
