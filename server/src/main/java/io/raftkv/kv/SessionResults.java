package io.raftkv.kv;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The results kept for one session, by the sequences of their writes. Immutable, so that a frozen
 * state may hold it; made on the apply lane, read by any thread.
 *
 * <p>It is a window on arrays that it shares with the states before and after it:
 *
 * <pre>
 *            start             end          used
 *   ----------|-----------------|------------|------------
 *    forgotten   these results    of later     free
 *                                 states
 * </pre>
 *
 * <p>The newest of them takes the next free place, for almost every write comes in the order of its
 * sequence; whatever else is added, and a full array, costs a copy.
 */
final class SessionResults {
  /** Objects and references around one result; about what a JVM uses. */
  static final int RESULT_BYTES = 64;

  static final SessionResults NONE = new SessionResults(new Places(0), 0, 0, 0);

  private static final int PLACES_MIN = 8;

  private static final class Places {
    /** Ascending within each window. */
    final long[] sequences;

    final byte[][] results;

    /** Behind the last place that any window has. Apply lane only. */
    int used;

    Places(int count) {
      sequences = new long[count];
      results = new byte[count][];
    }
  }

  private final Places places;
  private final int start;
  private final int end;
  private final long bytes;

  private SessionResults(Places places, int start, int end, long bytes) {
    this.places = places;
    this.start = start;
    this.end = end;
    this.bytes = bytes;
  }

  /** These results; their sequences ascend. */
  static SessionResults of(List<Long> sequences, List<byte[]> results) {
    SessionResults all = NONE;
    for (int i = 0; i < results.size(); i++) {
      all = all.with(sequences.get(i), results.get(i));
    }
    return all;
  }

  int count() {
    return end - start;
  }

  /** About what it takes to keep them. */
  long bytes() {
    return bytes;
  }

  /** By position, in the order of the sequences. */
  long sequence(int at) {
    return places.sequences[start + at];
  }

  byte[] result(int at) {
    return places.results[start + at];
  }

  /** The result of the write with this number; null if none is kept. */
  byte @Nullable [] get(long sequence) {
    int at = find(sequence);
    return at >= 0 ? places.results[at] : null;
  }

  private int find(long sequence) {
    return Arrays.binarySearch(places.sequences, start, end, sequence);
  }

  /** Without those of lower sequences. */
  SessionResults from(long sequence) {
    int first = start;
    long left = bytes;
    while (first < end && places.sequences[first] < sequence) {
      left -= RESULT_BYTES + places.results[first].length;
      first++;
    }
    if (first == start) {
      return this;
    }
    return first == end ? NONE : new SessionResults(places, first, end, left);
  }

  /** With one more; none is kept for that sequence yet. */
  SessionResults with(long sequence, byte[] result) {
    int at = -find(sequence) - 1;
    if (at < 0) {
      throw new IllegalArgumentException("there is a result of " + sequence);
    }
    long more = bytes + RESULT_BYTES + result.length;
    boolean isNextFree = at == end && end == places.used && end < places.results.length;
    if (isNextFree) {
      put(places, end, sequence, result);
      return new SessionResults(places, start, end + 1, more);
    }
    int before = at - start;
    Places copy = new Places(Math.max(PLACES_MIN, 2 * (count() + 1)));
    copy(start, at, copy, 0);
    copy(at, end, copy, before + 1);
    copy.used = count();
    put(copy, before, sequence, result);
    return new SessionResults(copy, 0, count() + 1, more);
  }

  private void copy(int from, int toExclusive, Places target, int at) {
    System.arraycopy(places.sequences, from, target.sequences, at, toExclusive - from);
    System.arraycopy(places.results, from, target.results, at, toExclusive - from);
  }

  private static void put(Places places, int at, long sequence, byte[] result) {
    places.sequences[at] = sequence;
    places.results[at] = result;
    places.used++;
  }
}
