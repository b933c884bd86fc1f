package io.raftkv.client;

import java.util.List;

/**
 * The members of the cluster.
 *
 * @param configRevision index of the log entry that holds the configuration in force
 */
public record MembersResult(Header header, List<Member> members, long configRevision) {
  public MembersResult {
    members = List.copyOf(members);
  }
}
