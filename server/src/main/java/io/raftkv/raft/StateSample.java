package io.raftkv.raft;

/**
 * What a member's state hashes to once it has applied an entry.
 *
 * @param index of the entry; 0 for {@link #NONE}
 * @param hash as {@link StateMachine#stateHash}
 */
public record StateSample(long index, long hash) {
  /** Nothing is said. */
  public static final StateSample NONE = new StateSample(0, 0);

  public boolean isNone() {
    return index == 0;
  }
}
