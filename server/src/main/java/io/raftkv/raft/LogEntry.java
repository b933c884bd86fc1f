package io.raftkv.raft;

import java.util.Arrays;

/**
 * One entry of the replicated log.
 *
 * @param index 1 for the first entry
 * @param term of the leader that took it
 * @param clusterTimeMillis cluster time when that leader took the entry. It began with a wall
 *     clock, in milliseconds since 1970, but follows none. Not less than that of any entry before
 *     that the leader's log still had; it may be less than that of one of which only a snapshot is
 *     left: the state machine goes by the highest so far
 * @param data encoded once, by whoever proposed it; never changed afterwards by anyone
 */
public record LogEntry(long index, long term, Kind kind, long clusterTimeMillis, byte[] data) {
  /** What the data is. The code is what stands on disk and on the wire. */
  public enum Kind {
    /** A new leader's first entry: commits what its predecessors left (Raft paper 5.4.2). */
    NO_OP(0),
    /** A command of the state machine. */
    COMMAND(1),
    /** A {@link Configuration}. */
    CONFIGURATION(2);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }

    /**
     * The kind with this code.
     *
     * @throws IllegalArgumentException if there is none: written by a newer version
     */
    public static Kind of(int code) {
      return switch (code) {
        case 0 -> NO_OP;
        case 1 -> COMMAND;
        case 2 -> CONFIGURATION;
        default -> throw new IllegalArgumentException("log entry of unknown kind " + code);
      };
    }
  }

  /** What an entry costs beside its data, on disk, on the wire and in memory, roughly. */
  public static final int OVERHEAD_BYTES = 64;

  /** What budgets count. */
  public int sizeBytes() {
    return data.length + OVERHEAD_BYTES;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LogEntry that
        && index == that.index
        && term == that.term
        && kind == that.kind
        && clusterTimeMillis == that.clusterTimeMillis
        && Arrays.equals(data, that.data);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(31 * index + term);
  }

  @Override
  public String toString() {
    return index + "/" + term + " " + kind + " " + data.length + "B";
  }
}
