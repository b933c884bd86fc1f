package io.raftkv.cli;

import io.raftkv.client.ChangeOptions;
import io.raftkv.client.ChangeResult;
import io.raftkv.client.KvClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvctl cluster promote}. */
@Command(
    name = "promote",
    description = {"Make a learner a voter.", "It must have everything that is committed."})
final class PromoteMemberCommand extends MemberChangeCommand {
  @Parameters(index = "0", paramLabel = "MEMBER", description = "Its name or id.")
  private String member = "";

  @Override
  ChangeResult change(KvClient client, ChangeOptions options) {
    long id = MemberArgument.find(client.cluster().members().members(), member);
    return client.cluster().promote(id, options);
  }

  @Override
  String deed() {
    return member + " was promoted";
  }
}
