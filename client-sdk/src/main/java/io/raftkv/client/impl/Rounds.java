package io.raftkv.client.impl;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Whom a call asks: each member that may answer once, then, after a wait that grows, each again.
 * Guarded by the call's lock.
 */
final class Rounds {
  private static final long BACKOFF_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long BACKOFF_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(250);

  private final Routes routes;
  private final Route route;
  private final List<Connection> tried = new ArrayList<>();
  private int begun;

  Rounds(Routes routes, Route route) {
    this.routes = routes;
    this.route = route;
  }

  /** Whom to ask now. */
  Connection next() {
    Connection connection = routes.pick(route, tried);
    tried.add(connection);
    return connection;
  }

  /** Whether everybody was asked in this round. */
  boolean isOver() {
    return route.only() != null || !routes.hasUntried(route, tried);
  }

  /**
   * Begins another round.
   *
   * @param toldNanos how long the servers said to wait; negative if they did not
   * @return how long to wait before it, at least 1 ns
   */
  long begin(long toldNanos) {
    tried.clear();
    long backoff = Math.min(BACKOFF_NANOS_MAX, BACKOFF_NANOS_MIN << Math.min(begun, 10));
    begun++;
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long nanos =
        toldNanos < 0
            ? random.nextLong(backoff / 2, backoff + 1)
            : toldNanos + random.nextLong(toldNanos / 4 + 1);
    return Math.max(1, nanos);
  }

  /**
   * Somebody has not answered in time: the next one is asked at once, in a new round if need be.
   */
  void moveOn(Connection from) {
    if (!routes.hasUntried(route, tried)) {
      tried.clear();
      tried.add(from);
    }
  }
}
