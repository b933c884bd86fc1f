package io.raftkv.client;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a client behaves. Immutable: each {@code with} method returns a changed copy.
 *
 * @param endpoints where to start; the leader's own address is learned from answers
 * @param timeout how long a call may take, with all its retries, unless its options say otherwise
 * @param attemptTimeout after so long without an answer from a silent member, a read, or a write of
 *     a session, moves to another one, and later calls prefer other members until it answers again
 * @param maxInFlight calls under way at most; one more fails with {@link Reason#QUEUE_FULL}
 * @param sessionTtl how long the servers keep the session of a client that they do not hear, 1 s to
 *     1 h; null: the client has no session, and a write is sent again only if it certainly did not
 *     happen
 * @param isPipelined whether small calls to a member share a stream, which costs both sides a
 *     fraction of what a stream for each does
 */
public record ClientOptions(
    List<Endpoint> endpoints,
    Duration timeout,
    Duration attemptTimeout,
    int maxInFlight,
    @Nullable Duration sessionTtl,
    boolean isPipelined) {
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);
  public static final Duration DEFAULT_ATTEMPT_TIMEOUT = Duration.ofSeconds(1);
  public static final Duration DEFAULT_SESSION_TTL = Duration.ofSeconds(30);
  public static final int DEFAULT_MAX_IN_FLIGHT = 10_000;

  public ClientOptions {
    endpoints = endpoints.stream().distinct().toList();
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException("at least one endpoint is needed");
    }
    Options.requirePositive("timeout", timeout);
    Options.requirePositive("attemptTimeout", attemptTimeout);
    Options.requirePositive("sessionTtl", sessionTtl);
    if (maxInFlight < 1) {
      throw new IllegalArgumentException("maxInFlight " + maxInFlight + " is less than 1");
    }
  }

  /**
   * The defaults, for these members.
   *
   * @param endpoints {@code host:port,host:port,...}
   * @throws IllegalArgumentException if that is not what it is
   */
  public static ClientOptions of(String endpoints) {
    return of(Endpoint.parseList(endpoints));
  }

  /** The defaults, for these members. */
  public static ClientOptions of(List<Endpoint> endpoints) {
    return new ClientOptions(
        endpoints,
        DEFAULT_TIMEOUT,
        DEFAULT_ATTEMPT_TIMEOUT,
        DEFAULT_MAX_IN_FLIGHT,
        DEFAULT_SESSION_TTL,
        true);
  }

  public ClientOptions withEndpoints(List<Endpoint> newEndpoints) {
    return new ClientOptions(
        newEndpoints, timeout, attemptTimeout, maxInFlight, sessionTtl, isPipelined);
  }

  public ClientOptions withTimeout(Duration newTimeout) {
    return new ClientOptions(
        endpoints, newTimeout, attemptTimeout, maxInFlight, sessionTtl, isPipelined);
  }

  public ClientOptions withAttemptTimeout(Duration newAttemptTimeout) {
    return new ClientOptions(
        endpoints, timeout, newAttemptTimeout, maxInFlight, sessionTtl, isPipelined);
  }

  public ClientOptions withMaxInFlight(int newMaxInFlight) {
    return new ClientOptions(
        endpoints, timeout, attemptTimeout, newMaxInFlight, sessionTtl, isPipelined);
  }

  public ClientOptions withSessionTtl(Duration newSessionTtl) {
    return new ClientOptions(
        endpoints, timeout, attemptTimeout, maxInFlight, newSessionTtl, isPipelined);
  }

  /**
   * Saves the request that opens a session. Writes are then not exactly-once: see {@link
   * #sessionTtl}.
   */
  public ClientOptions withoutSession() {
    return new ClientOptions(endpoints, timeout, attemptTimeout, maxInFlight, null, isPipelined);
  }

  /** Each call gets a stream of its own, as any client of gRPC would make it. */
  public ClientOptions withoutPipeline() {
    return new ClientOptions(endpoints, timeout, attemptTimeout, maxInFlight, sessionTtl, false);
  }
}
