package io.raftkv.client;

import java.util.List;

/**
 * A page of sessions, by their ids; unmodifiable.
 *
 * @param hasMore whether there may be more behind the last one
 */
public record SessionsResult(Header header, List<Session> sessions, boolean hasMore) {
  public SessionsResult {
    sessions = List.copyOf(sessions);
  }
}
