package io.raftkv.client;

import java.util.List;

/**
 * The members of the cluster.
 *
 * @param configRevision index of the log entry that holds the configuration in force
 * @param isJoint several voters are changing, and those of before still have a say
 */
public record MembersResult(
    Header header, List<Member> members, long configRevision, boolean isJoint) {
  public MembersResult {
    members = List.copyOf(members);
  }
}
