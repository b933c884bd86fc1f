package io.raftkv.e2e.run;

import io.raftkv.storage.LogBench;
import io.raftkv.storage.LogKills;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The program that runs faults; {@code --help} tells the rest. */
@Command(
    name = "faults",
    description = "Runs real members or their log, hurts them, and prints figures.",
    usageHelpAutoWidth = true,
    subcommands = {
      KillLeader.class,
      KillAll.class,
      ExactlyOnce.class,
      ChangeMembers.class,
      DiskFaults.class,
      Partition.class,
      PowerCut.class,
      Chaos.class,
      SnapshotCatchUp.class,
      DamageFiles.class,
      ImportPackages.class,
      BadInput.class,
      Throughput.class,
      Compare.class,
      Growth.class,
      LogBench.class,
      LogKills.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:every check held", "1:a check failed", "2:usage"})
public final class FaultRun {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this.")
  private boolean isHelp;

  private FaultRun() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new FaultRun()).execute(args));
  }
}
