package io.raftkv.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** {@code kvctl cluster}: holds its subcommands. */
@Command(
    name = "cluster",
    description = "The members of the cluster.",
    subcommands = {
      MembersCommand.class,
      AddMemberCommand.class,
      PromoteMemberCommand.class,
      RemoveMemberCommand.class,
      ReplaceMemberCommand.class,
      TransferLeaderCommand.class
    })
final class ClusterCommand extends KvctlCommand {
  @Override
  int run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is missing");
  }
}
