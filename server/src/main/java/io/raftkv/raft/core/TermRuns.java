package io.raftkv.raft.core;

import io.raftkv.raft.EntryId;
import java.util.Arrays;

/**
 * The terms of a log, as runs: terms never decrease along a log, so a log of millions of entries
 * has a handful. Answers the term of any index from the base to the last entry.
 */
final class TermRuns {
  /** First index of each run; the first run starts at the base. Ascending, as are the terms. */
  private long[] starts = new long[8];

  private long[] terms = new long[8];
  private int count;
  private long lastIndex;

  TermRuns(EntryId base) {
    reset(base);
  }

  void reset(EntryId base) {
    count = 1;
    starts[0] = base.index();
    terms[0] = base.term();
    lastIndex = base.index();
  }

  long baseIndex() {
    return starts[0];
  }

  long lastIndex() {
    return lastIndex;
  }

  /** -1 if the index is before the base or after the last entry. */
  long term(long index) {
    return index < starts[0] || index > lastIndex ? -1 : terms[run(index)];
  }

  void append(long term) {
    lastIndex++;
    if (terms[count - 1] == term) {
      return;
    }
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
      terms = Arrays.copyOf(terms, 2 * count);
    }
    starts[count] = lastIndex;
    terms[count] = term;
    count++;
  }

  void truncateFrom(long index) {
    lastIndex = index - 1;
    while (starts[count - 1] > lastIndex) {
      count--;
    }
  }

  /** The base moves up to {@code index}. */
  void compactTo(long index) {
    int run = run(index);
    count -= run;
    System.arraycopy(starts, run, starts, 0, count);
    System.arraycopy(terms, run, terms, 0, count);
    starts[0] = index;
  }

  /** First index of the run that {@code index} belongs to; the base at the earliest. */
  long firstIndexOfTermAt(long index) {
    return starts[run(index)];
  }

  /**
   * The highest index up to {@code indexMax} whose term is at most {@code term}; before the base,
   * where terms are not known, {@code indexMax} or the base less one; never less than 0.
   */
  long lastIndexWithTermAtMost(long term, long indexMax) {
    long index = Math.min(indexMax, lastIndex);
    while (index >= starts[0] && term(index) > term) {
      index = starts[run(index)] - 1;
    }
    return Math.max(index, 0);
  }

  private int run(long index) {
    int found = Arrays.binarySearch(starts, 0, count, index);
    return found >= 0 ? found : -found - 2;
  }
}
