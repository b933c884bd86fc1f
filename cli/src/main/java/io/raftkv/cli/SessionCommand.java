package io.raftkv.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** {@code kvctl session}: holds its subcommands. */
@Command(
    name = "session",
    description = {
      "The sessions that make writes exactly-once.",
      "Clients open their own; these commands are for looking after them, and for clients of other",
      "kinds."
    },
    subcommands = {
      OpenSessionCommand.class,
      KeepSessionCommand.class,
      ListSessionsCommand.class,
      CloseSessionCommand.class
    })
final class SessionCommand extends KvctlCommand {
  @Override
  int run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is missing");
  }
}
