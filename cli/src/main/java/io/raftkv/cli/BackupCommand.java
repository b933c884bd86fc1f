package io.raftkv.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** {@code kvctl backup}: holds its subcommands. */
@Command(
    name = "backup",
    description = {
      "A file with everything that the store holds, its history and its sessions included.",
      "kvd restore makes a new cluster of it."
    },
    subcommands = {SaveBackupCommand.class, VerifyBackupCommand.class})
final class BackupCommand extends KvctlCommand {
  @Override
  int run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is missing");
  }
}
