package io.raftkv.raft;

import java.util.Optional;

/**
 * Who this member is. Written once, when the member is made; read at every start. Term and vote are
 * not here: they ride in the log's records, so that they and entries share one sync.
 *
 * <p>An {@link java.io.UncheckedIOException} from {@link #save} means that the store is dead.
 */
public interface StableStore extends AutoCloseable {
  /**
   * Identity of a member.
   *
   * @param clusterId equal on all members of a cluster, and on no other one
   */
  record Identity(long clusterId, MemberId memberId) {}

  /** Empty in a new store. */
  Optional<Identity> identity();

  /**
   * Saves and syncs: durable on return, and atomic: after a crash the old or the new one is there.
   */
  void save(Identity identity);

  @Override
  void close();
}
