package io.raftkv.raft;

/**
 * Index and term, which together name one entry (Raft paper 5.3, log matching).
 *
 * @param index 0 stands for the place before the first entry, with term 0
 */
public record EntryId(long index, long term) {
  public static final EntryId ZERO = new EntryId(0, 0);

  /** Whether a log that ends here is at least as up to date as one that ends there (5.4.1). */
  public boolean isAtLeastAsUpToDateAs(EntryId other) {
    return term > other.term || (term == other.term && index >= other.index);
  }

  @Override
  public String toString() {
    return index + "/" + term;
  }
}
