package io.raftkv.raft.core;

/**
 * How a read that was asked for with {@link RaftCore#readIndex} ended.
 *
 * @param index once this is applied the read may be served; -1: it could not be confirmed, and a
 *     new one has to be asked for
 */
public record ReadState(long readId, long index) {
  static final long NOT_CONFIRMED = -1;

  public boolean isConfirmed() {
    return index != NOT_CONFIRMED;
  }
}
