package io.raftkv.storage;

import io.raftkv.raft.LogStore;

class MemoryLogTest extends LogStoreContract {
  @Override
  LogStore create() {
    return new MemoryLog();
  }

  @Override
  LogStore reopen(LogStore log) {
    return log;
  }
}
