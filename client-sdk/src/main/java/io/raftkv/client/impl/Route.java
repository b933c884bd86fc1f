package io.raftkv.client.impl;

import io.raftkv.client.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * Whom a call is for.
 *
 * @param toLeader the leader if it is known, which saves a hop
 * @param onlyConfigured one of the endpoints that the caller gave, never a learned one
 * @param only exactly this member; null: any will do
 */
record Route(boolean toLeader, boolean onlyConfigured, @Nullable Endpoint only) {
  static final Route LEADER = new Route(true, false, null);
  static final Route ANY = new Route(false, false, null);
  static final Route CONFIGURED = new Route(false, true, null);

  static Route only(Endpoint member) {
    return new Route(false, false, member);
  }
}
