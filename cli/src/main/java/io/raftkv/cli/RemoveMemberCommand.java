package io.raftkv.cli;

import io.raftkv.client.ChangeOptions;
import io.raftkv.client.ChangeResult;
import io.raftkv.client.KvClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvctl cluster remove}. */
@Command(
    name = "remove",
    description = {
      "Remove a member for good.",
      "Its data directory is of no use any more: a new member starts with an empty one."
    })
final class RemoveMemberCommand extends MemberChangeCommand {
  @Parameters(index = "0", paramLabel = "MEMBER", description = "Its name or id.")
  private String member = "";

  @Override
  ChangeResult change(KvClient client, ChangeOptions options) {
    long id = MemberArgument.find(client.cluster().members().members(), member);
    return client.cluster().remove(id, options);
  }

  @Override
  String deed() {
    return member + " was removed";
  }
}
