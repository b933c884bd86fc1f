package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore;
import io.raftkv.raft.StableStore.Identity;
import org.junit.jupiter.api.Test;

/** What every stable store promises, see {@link StableStore}. */
abstract class StableStoreContract {
  static final Identity FIRST = new Identity(7, new MemberId(0xa11ce));
  static final Identity SECOND = new Identity(8, new MemberId(0xb0b));

  /** A new, empty store. */
  abstract StableStore create();

  /** The store as found by the next process. */
  abstract StableStore reopen(StableStore store);

  @Test
  void newStoreHasNoIdentity() {
    StableStore store = reopen(create());
    assertThat(store.identity()).isEmpty();
    store.close();
  }

  @Test
  void savedIdentityIsFoundAgain() {
    StableStore store = create();
    store.save(FIRST);
    assertThat(store.identity()).contains(FIRST);
    store = reopen(store);
    assertThat(store.identity()).contains(FIRST);
    store.close();
  }

  @Test
  void lastSavedIdentityCounts() {
    StableStore store = create();
    for (int i = 0; i < 3; i++) {
      store.save(FIRST);
      store.save(SECOND);
      store = reopen(store);
      assertThat(store.identity()).contains(SECOND);
    }
    store.close();
  }
}
