package io.raftkv.raft;

/** A quorum has another state at the same entry: what this member would serve is wrong. */
public final class StateDiffersException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  public StateDiffersException(long index, long hash) {
    super(
        String.format(
            "the state after entry %d differs from that of a quorum, it hashes to %016x here;"
                + " nothing more is served from it",
            index, hash));
  }
}
