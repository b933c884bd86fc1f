package io.raftkv.cli;

import io.raftkv.client.ClientOptions;
import io.raftkv.client.Endpoint;
import io.raftkv.client.KvException;
import io.raftkv.client.ReadOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line of raftkv. Data goes to standard output, everything else to standard error; an
 * error is one line there, with an {@link ExitCode}.
 */
@Command(
    name = "kvctl",
    description = "Talks to a raftkv cluster.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    subcommands = {
      GetCommand.class,
      PutCommand.class,
      DeleteCommand.class,
      ScanCommand.class,
      ImportCommand.class,
      StatusCommand.class,
      ClusterCommand.class,
      SessionCommand.class,
      BackupCommand.class,
      BenchCommand.class,
      CompletionCommand.class,
      VersionCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:not found, or a condition did not hold",
      "2:usage, or input that is not valid",
      "3:unavailable; a write certainly did not happen",
      "4:denied",
      "5:outcome unknown; a write may have happened",
      "6:damaged data",
      "130:interrupted; what is known of a write is said"
    })
public final class Kvctl implements Runnable {
  private static final char REPLACEMENT_CHARACTER = '\ufffd';
  private static final String DEFAULT_ENDPOINTS = "127.0.0.1:7400";

  private final Console console;
  private final WriteAccount writes;

  @Spec private CommandSpec spec;

  @Option(
      names = "--endpoints",
      scope = ScopeType.INHERIT,
      paramLabel = "HOST:PORT,...",
      description =
          "Members to ask; else those in KVCTL_ENDPOINTS, else " + DEFAULT_ENDPOINTS + ".")
  private @Nullable String endpoints;

  @Option(
      names = "--timeout",
      scope = ScopeType.INHERIT,
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "How long a call may take, with its retries: 500ms, 5s, 1m. Default: 5s.")
  private @Nullable Duration timeout;

  @Option(
      names = "--consistency",
      scope = ScopeType.INHERIT,
      paramLabel = "LEVEL",
      converter = ConsistencyConverter.class,
      description = {
        "With get, scan and backup save, what it may see: linearizable (default), local (what the",
        "asked member has), session=REVISION (at least that), bounded=DURATION (not older than that)."
      })
  private @Nullable ReadOptions consistency;

  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      description = "text (default), json or table.")
  private @Nullable Format format;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "Say nothing but data and errors.")
  private boolean isQuiet;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Show the warnings of the client.")
  private boolean isVerbose;

  private Kvctl(Console console, WriteAccount writes) {
    this.console = console;
    this.writes = writes;
  }

  /** The program. Ends the process with an {@link ExitCode}. */
  public static void main(String[] args) {
    Console console = Console.ofProcess();
    WriteAccount writes = new WriteAccount();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> tellInterruption(console, writes)));
    int exitCode = run(console, writes, args);
    writes.close();
    System.exit(exitCode);
  }

  /** After Ctrl-C, whoever waited for a write is told what is known of it. */
  private static void tellInterruption(Console console, WriteAccount writes) {
    String text = writes.interruption();
    if (text != null) {
      console.progress("");
      console.say("kvctl: " + text);
    }
  }

  /** Runs a command to its end; nothing is thrown. */
  static int run(Console console, String... args) {
    return run(console, new WriteAccount(), args);
  }

  private static int run(Console console, WriteAccount writes, String... args) {
    Kvctl kvctl = new Kvctl(console, writes);
    try {
      return kvctl.runToItsEnd(args);
    } catch (Throwable e) {
      // Also an Error, out of memory above all: a stack trace with exit code 1 would say "not
      // found".
      return kvctl.failed(e);
    }
  }

  private int runToItsEnd(String... args) {
    requireText(args);
    CommandLine commandLine =
        new CommandLine(this)
            // "@FILE" is a value of put here, and never a list of arguments.
            .setExpandAtFiles(false)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionStrategy(this::execute)
            .setParameterExceptionHandler((e, rest) -> usageError(e))
            .setExecutionExceptionHandler((e, failed, parsed) -> failed(e));
    int exitCode = commandLine.execute(args);
    try {
      console.flush();
    } catch (OutputFailedException e) {
      return exitCode == ExitCode.OK ? failed(e) : exitCode;
    }
    return exitCode;
  }

  /**
   * Java puts a replacement character where an argument is not in the encoding of the locale; the
   * key would silently become another one.
   */
  private static void requireText(String... args) {
    for (int i = 0; i < args.length; i++) {
      boolean isText = StandardCharsets.UTF_8.newEncoder().canEncode(args[i]);
      if (!isText || args[i].indexOf(REPLACEMENT_CHARACTER) >= 0) {
        throw CliException.invalid(
            "argument "
                + (i + 1)
                + " is not UTF-8; a key of any bytes goes with --base64, a value with standard input");
      }
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  WriteAccount writes() {
    return writes;
  }

  Console console() {
    return console;
  }

  Format format() {
    return format == null ? Format.TEXT : format;
  }

  boolean isQuiet() {
    return isQuiet;
  }

  /** The time for a call; {@code otherwise} if the user did not say. */
  Duration timeoutOr(Duration otherwise) {
    return timeout == null ? otherwise : timeout;
  }

  boolean hasConsistency() {
    return consistency != null;
  }

  ReadOptions readOptions() {
    return consistency == null ? ReadOptions.DEFAULT : consistency;
  }

  List<Endpoint> endpoints() {
    String text =
        endpoints == null ? console.environment("KVCTL_ENDPOINTS", DEFAULT_ENDPOINTS) : endpoints;
    try {
      return Endpoint.parseList(text);
    } catch (IllegalArgumentException e) {
      throw CliException.invalid("--endpoints: " + e.getMessage());
    }
  }

  /** Of another store: those that were asked for, else these. */
  List<Endpoint> endpointsOr(List<Endpoint> otherwise) {
    return endpoints == null ? otherwise : endpoints();
  }

  ClientOptions clientOptions() {
    String list = String.join(",", endpoints().stream().map(Endpoint::toString).toList());
    return ClientOptions.of(list).withTimeout(timeoutOr(ClientOptions.DEFAULT_TIMEOUT));
  }

  private int execute(CommandLine.ParseResult parsed) {
    // Help is printed by picocli to a writer of its own.
    CommandLine asked = parsed.asCommandLineList().get(parsed.asCommandLineList().size() - 1);
    if (asked.isUsageHelpRequested()) {
      console.write(asked.getUsageMessage(ansi()));
      return ExitCode.OK;
    }
    if (asked.isVersionHelpRequested()) {
      console.writeLine("kvctl " + VersionCommand.version());
      return ExitCode.OK;
    }
    QuietLogging.apply(isVerbose);
    return new CommandLine.RunLast().execute(parsed);
  }

  private CommandLine.Help.Ansi ansi() {
    return console.hasColour(Console.Stream.OUT)
        ? CommandLine.Help.Ansi.ON
        : CommandLine.Help.Ansi.OFF;
  }

  private int usageError(ParameterException e) {
    List<String> suggestions =
        e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
    String suggestion =
        suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions) + "?";
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    return error(ExitCode.INVALID, e.getMessage() + suggestion + " (see " + command + " --help)");
  }

  private int failed(Throwable e) {
    if (e instanceof OutputFailedException output) {
      return output.isClosedByReader()
          ? ExitCode.OK
          : failed(ExitCode.UNAVAILABLE, "cannot write the output: " + ErrorText.cause(output));
    }
    if (e instanceof KvException kv) {
      return error(ExitCode.of(kv), ErrorText.of(kv));
    }
    if (e instanceof CliException cli) {
      return error(cli.exitCode(), String.valueOf(cli.getMessage()));
    }
    if (e instanceof ParameterException usage) {
      return usageError(usage);
    }
    if (e instanceof IOException io) {
      return failed(ExitCode.INVALID, ErrorText.of(io));
    }
    if (e instanceof IllegalArgumentException) {
      return failed(ExitCode.INVALID, String.valueOf(e.getMessage()));
    }
    if (e instanceof OutOfMemoryError) {
      return failed(ExitCode.UNAVAILABLE, "out of memory: " + e.getMessage());
    }
    return failed(ExitCode.UNAVAILABLE, "internal error: " + e);
  }

  /** A failure that says nothing about the writes which were sent before it. */
  private int failed(int exitCode, String message) {
    return error(writes.exitCode(exitCode), writes.with(message));
  }

  private int error(int exitCode, String message) {
    console.progress("");
    console.say("kvctl: " + message.strip().replaceAll("\\s*[\\r\\n]+\\s*", " "));
    return exitCode;
  }
}
