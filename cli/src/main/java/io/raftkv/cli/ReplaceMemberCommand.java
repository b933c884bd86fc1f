package io.raftkv.cli;

import io.raftkv.client.ChangeOptions;
import io.raftkv.client.ChangeResult;
import io.raftkv.client.KvClient;
import io.raftkv.client.NewMember;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvctl cluster replace}. */
@Command(
    name = "replace",
    description = {
      "Let a new member take the place of another one.",
      "Once the new one has caught up it votes and the old one is gone, in one step; until then the",
      "old one stays. Start the new one as with add. With the name and address of the old one, which",
      "must be down, it stands in for a member that has lost its data: the old one goes at once."
    })
final class ReplaceMemberCommand extends MemberChangeCommand {
  @Parameters(index = "0", paramLabel = "OLD", description = "Who goes: its name or id.")
  private String old = "";

  @Parameters(index = "1", paramLabel = "NAME", description = "Who comes.")
  private String name = "";

  @Parameters(
      index = "2",
      paramLabel = "HOST:PEERPORT",
      description = "Where the other members connect to it.")
  private String peerAddress = "";

  @Override
  ChangeResult change(KvClient client, ChangeOptions options) {
    long id = MemberArgument.find(client.cluster().members().members(), old);
    return client.cluster().replace(id, NewMember.of(name, peerAddress), options);
  }

  @Override
  String deed() {
    return old + " is being replaced";
  }
}
