package io.raftkv.client;

import io.raftkv.client.impl.Blocking;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Sessions as such: for keys that are to go when their owner does ({@link
 * PutOptions#withAttachTo}), and for whoever looks after sessions. Writes of a {@link KvClient}
 * need none of this: the client has a session of its own. Thread-safe; the rules of {@link
 * KvClient} apply.
 */
public interface SessionClient {
  /**
   * Opens a session. Repeated by itself if its answer is lost; one that nobody heard of expires.
   *
   * @param name for people who look at the list; up to 256 bytes
   * @param ttl how long it stays open without a word, 1 s to 1 h; null: 30 s
   * @throws KvException {@link Reason#QUOTA_EXCEEDED} if too many are open, or {@link
   *     Reason#NAME_TOO_LARGE}
   */
  default SessionResult open(String name, @Nullable Duration ttl) {
    return Blocking.write(() -> openAsync(name, ttl));
  }

  /** See {@link #open}. */
  CompletableFuture<SessionResult> openAsync(String name, @Nullable Duration ttl);

  /**
   * Keeps a session open for its time to live from now on.
   *
   * @throws KvException {@link Reason#SESSION_EXPIRED} or {@link Reason#SESSION_UNKNOWN}
   */
  default SessionResult keep(long sessionId) {
    return Blocking.write(() -> keepAsync(sessionId));
  }

  /** See {@link #keep}. */
  CompletableFuture<SessionResult> keepAsync(long sessionId);

  /**
   * Ends a session, and deletes the keys that are attached to it. Its client, if there is one,
   * opens another.
   *
   * @throws KvException {@link Reason#SESSION_EXPIRED} or {@link Reason#SESSION_UNKNOWN}
   */
  default Header close(long sessionId) {
    return Blocking.write(() -> closeAsync(sessionId));
  }

  /** See {@link #close}. */
  CompletableFuture<Header> closeAsync(long sessionId);

  /**
   * A page of the open sessions, by their ids.
   *
   * @param afterId only those with higher ids; 0: from the first on
   */
  default SessionsResult list(long afterId) {
    return Blocking.read(() -> listAsync(afterId));
  }

  /** See {@link #list}. */
  CompletableFuture<SessionsResult> listAsync(long afterId);
}
