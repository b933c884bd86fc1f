package io.raftkv.cli;

import io.raftkv.client.Member;
import java.util.List;

/** A member as people name it on the command line: its name, or its id. */
final class MemberArgument {
  private MemberArgument() {}

  /**
   * Its id.
   *
   * @throws CliException if there is none
   */
  static long find(List<Member> members, String nameOrId) {
    for (Member member : members) {
      if (member.name().equals(nameOrId) || Long.toUnsignedString(member.id()).equals(nameOrId)) {
        return member.id();
      }
    }
    List<String> names = members.stream().map(Member::name).toList();
    throw new CliException(
        ExitCode.NOT_FOUND,
        "no member \"" + nameOrId + "\"; there are " + String.join(", ", names));
  }
}
