package io.raftkv.server;

import io.raftkv.storage.DamagedException;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.DataDirException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * What {@code kvd} does with the folder of a member that does not run: {@code kvd log ...}, {@code
 * kvd snapshot ...} and {@code kvd recover}; and {@code kvd restore}, which makes one. The folder
 * is locked meanwhile; only recover changes it. Data goes to stdout, errors are one line on stderr,
 * with an {@link ExitCode}.
 */
@Command(
    name = "kvd",
    description =
        "Looks at the data of a member that is stopped; recover changes it, restore makes it.",
    subcommands = {
      LogCommand.class,
      SnapshotCommand.class,
      RecoverCommand.class,
      RestoreCommand.class
    },
    scope = ScopeType.INHERIT,
    usageHelpAutoWidth = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done; verified and sound",
      "2:usage; refused, and nothing changed",
      "3:damaged, locked by a process, or not a member's folder",
      "4:cannot be read, or written"
    })
final class StoppedMember {
  private static final List<String> COMMANDS = List.of("log", "snapshot", "recover", "restore");

  @Option(names = "--help", scope = ScopeType.INHERIT, usageHelp = true, description = "Show this.")
  private boolean isHelpWanted;

  @Option(
      names = "--data-dir",
      scope = ScopeType.INHERIT,
      paramLabel = "DIR",
      defaultValue = "${env:KVD_DATA_DIR:-kvd-data}",
      description = "Where the member keeps its data. Default: KVD_DATA_DIR, else kvd-data.")
  private Path dataDir = Path.of("kvd-data");

  private final PrintStream out;

  private StoppedMember(PrintStream out) {
    this.out = out;
  }

  /** Whether the arguments are for this, and not for a member that is to run. */
  static boolean isMeant(String... arguments) {
    return arguments.length > 0 && COMMANDS.contains(arguments[0]);
  }

  static ExitCode run(PrintStream out, PrintStream err, String... arguments) {
    CommandLine command =
        new CommandLine(new StoppedMember(out))
            .setParameterExceptionHandler((e, ignored) -> usage(e))
            .setExecutionExceptionHandler((e, ignored, parsed) -> failed(e, err))
            .setErr(new PrintWriter(err, true))
            .setOut(new PrintWriter(out, true));
    int code = command.execute(arguments);
    out.flush();
    return Arrays.stream(ExitCode.values())
        .filter(exitCode -> exitCode.code() == code)
        .findFirst()
        .orElseThrow();
  }

  private static int usage(ParameterException e) {
    e.getCommandLine().getErr().println("kvd: " + Lines.escape(Failures.describe(e)));
    return ExitCode.WRONG_CONFIGURATION.code();
  }

  private static int failed(Exception e, PrintStream err) throws Exception {
    ExitCode code;
    if (e instanceof StartException start) {
      code = start.exitCode();
    } else if (e instanceof DamagedException || e instanceof DataDirException) {
      code = ExitCode.DATA_DIR;
    } else if (e instanceof UncheckedIOException || e instanceof IOException) {
      code = ExitCode.DISK_FAILURE;
    } else {
      throw e;
    }
    err.println("kvd: " + Lines.escape(Failures.describe(e)));
    return code.code();
  }

  PrintStream out() {
    return out;
  }

  Path dataDir() {
    return dataDir;
  }

  /** Locked until it is closed. */
  DataDir open() {
    return DataDir.lookAt(dataDir);
  }
}
