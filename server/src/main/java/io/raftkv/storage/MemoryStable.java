package io.raftkv.storage;

import io.raftkv.raft.StableStore;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An identity that lives as long as its process. Thread-safe. */
public final class MemoryStable implements StableStore {
  private volatile @Nullable Identity identity;

  @Override
  public Optional<Identity> identity() {
    return Optional.ofNullable(identity);
  }

  @Override
  public void save(Identity identity) {
    this.identity = identity;
  }

  @Override
  public void close() {}
}
