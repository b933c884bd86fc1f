package io.raftkv.client;

import io.raftkv.client.impl.Blocking;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/**
 * What members say about themselves. Each call asks exactly the member that it names, which need
 * not be one of the client's endpoints, and fails soon if that one cannot be reached. Thread-safe.
 */
public interface MaintenanceClient {
  /**
   * How the member is.
   *
   * @throws KvException {@link Reason#UNREACHABLE} if it cannot be reached
   */
  default MemberStatus status(Endpoint member) {
    return Blocking.read(() -> statusAsync(member));
  }

  /** See {@link #status(Endpoint)}. */
  CompletableFuture<MemberStatus> statusAsync(Endpoint member);

  /** A hash of the member's whole store, at the newest revision that it has applied. */
  default HashResult hash(Endpoint member) {
    return Blocking.read(() -> hashAsync(member, 0));
  }

  /**
   * A hash of the member's whole store at a revision: equal on every member that holds it.
   *
   * @throws KvException {@link Reason#COMPACTED} or {@link Reason#FUTURE_REVISION}
   */
  default HashResult hash(Endpoint member, long atRevision) {
    return Blocking.read(() -> hashAsync(member, atRevision));
  }

  /**
   * See {@link #hash(Endpoint, long)}.
   *
   * @param atRevision 0: the newest that it has applied
   */
  CompletableFuture<HashResult> hashAsync(Endpoint member, long atRevision);

  /** A backup, linearizable; see {@link #snapshot(Endpoint, ReadOptions, OutputStream)}. */
  default SnapshotResult snapshot(Endpoint member, OutputStream to) throws IOException {
    return snapshot(member, ReadOptions.DEFAULT, to);
  }

  /**
   * Writes a backup of the member's whole state (keys with their history, sessions) at one index of
   * its log: a file that {@code kvd restore} makes a new cluster of. With {@link
   * ReadOptions#DEFAULT} it has every write that was acknowledged before the call; with {@link
   * ReadOptions#local} a member without a leader can be saved, too.
   *
   * <p>Blocks the calling thread, and needs memory for a few chunks of at most 256 KiB, each of
   * which is verified before it is written. It is not repeated, for a part may be written by then;
   * nothing is flushed or closed, so what is durable is the caller's affair. It may take as long as
   * it takes, but {@link ClientOptions#timeout} at most for each chunk; a caller that writes no
   * chunk for half a minute is cut off by the member.
   *
   * @param read {@code atRevision} must be 0
   * @throws KvException {@link Reason#UNREACHABLE} if the member cannot be reached, {@link
   *     Reason#CONNECTION_LOST} if the stream was cut short, {@link Reason#CORRUPT} if it was
   *     damaged on its way, {@link Reason#NO_LEADER} and others as any read; what was written until
   *     then is no backup
   * @throws IOException if {@code to} cannot be written
   */
  SnapshotResult snapshot(Endpoint member, ReadOptions read, OutputStream to) throws IOException;
}
