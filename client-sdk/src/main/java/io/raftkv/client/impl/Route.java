package io.raftkv.client.impl;

import io.raftkv.client.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * Whom a call is for.
 *
 * @param toLeader the leader if it is known, which saves a hop
 * @param only exactly this member; null: any will do
 */
record Route(boolean toLeader, @Nullable Endpoint only) {
  static final Route LEADER = new Route(true, null);
  static final Route ANY = new Route(false, null);

  static Route only(Endpoint member) {
    return new Route(false, member);
  }
}
