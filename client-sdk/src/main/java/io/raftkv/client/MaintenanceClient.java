package io.raftkv.client;

import io.raftkv.client.impl.Blocking;
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
}
