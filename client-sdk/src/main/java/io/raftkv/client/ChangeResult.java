package io.raftkv.client;

import java.util.List;

/**
 * The members after a change, or, of a dry run, as they would be. What the change still has to do
 * follows by itself.
 *
 * @param configRevision see {@link MembersResult#configRevision()}
 * @param isJoint see {@link MembersResult#isJoint()}
 * @param memberId the member that the change was about
 */
public record ChangeResult(
    Header header, List<Member> members, long configRevision, boolean isJoint, long memberId) {
  public ChangeResult {
    members = List.copyOf(members);
  }
}
