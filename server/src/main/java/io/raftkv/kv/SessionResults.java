package io.raftkv.kv;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The results kept for one session, by the sequences of their writes. Immutable, so that a frozen
 * state may hold it.
 *
 * <p>A change copies the references to all of them: as many as the client has writes in flight.
 * With 256 that adds a third to what it takes to apply a write; at the limit of 10,000 it is most
 * of it.
 */
final class SessionResults {
  /** Objects and references around one result; about what a JVM uses. */
  static final int RESULT_BYTES = 64;

  static final SessionResults NONE = new SessionResults(new long[0], new byte[0][], 0);

  /** Ascending. */
  private final long[] sequences;

  private final byte[][] results;
  private final long bytes;

  private SessionResults(long[] sequences, byte[][] results, long bytes) {
    this.sequences = sequences;
    this.results = results;
    this.bytes = bytes;
  }

  /** These results; their sequences ascend. */
  static SessionResults of(List<Long> sequences, List<byte[]> results) {
    long[] ascending = sequences.stream().mapToLong(Long::longValue).toArray();
    byte[][] inOrder = results.toArray(new byte[0][]);
    return new SessionResults(ascending, inOrder, bytes(inOrder));
  }

  private static long bytes(byte[][] results) {
    long bytes = 0;
    for (byte[] result : results) {
      bytes += RESULT_BYTES + result.length;
    }
    return bytes;
  }

  int count() {
    return sequences.length;
  }

  /** About what it takes to keep them. */
  long bytes() {
    return bytes;
  }

  /** By position, in the order of the sequences. */
  long sequence(int at) {
    return sequences[at];
  }

  byte[] result(int at) {
    return results[at];
  }

  /** The result of the write with this number; null if none is kept. */
  byte @Nullable [] get(long sequence) {
    int at = Arrays.binarySearch(sequences, sequence);
    return at >= 0 ? results[at] : null;
  }

  /** Without those of lower sequences. */
  SessionResults from(long sequence) {
    int found = Arrays.binarySearch(sequences, sequence);
    int at = found >= 0 ? found : -found - 1;
    if (at == 0) {
      return this;
    }
    long forgotten = bytes(Arrays.copyOf(results, at));
    return new SessionResults(
        Arrays.copyOfRange(sequences, at, sequences.length),
        Arrays.copyOfRange(results, at, results.length),
        bytes - forgotten);
  }

  /** With one more; none is kept for that sequence yet. */
  SessionResults with(long sequence, byte[] result) {
    int at = -Arrays.binarySearch(sequences, sequence) - 1;
    if (at < 0) {
      throw new IllegalArgumentException("there is a result of " + sequence);
    }
    int behind = sequences.length - at;
    long[] longer = Arrays.copyOf(sequences, sequences.length + 1);
    byte[][] more = Arrays.copyOf(results, results.length + 1);
    System.arraycopy(sequences, at, longer, at + 1, behind);
    System.arraycopy(results, at, more, at + 1, behind);
    longer[at] = sequence;
    more[at] = result;
    return new SessionResults(longer, more, bytes + RESULT_BYTES + result.length);
  }
}
