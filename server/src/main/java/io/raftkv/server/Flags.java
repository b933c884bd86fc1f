package io.raftkv.server;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: one flag for each {@link Setting}, {@code --help} and {@code --version}. */
final class Flags {
  private final CommandLine command;

  Flags() {
    CommandSpec spec = CommandSpec.create().name("kvd");
    spec.usageMessage()
        .description("A member of a raftkv cluster. Without flags: a cluster of one.")
        .footer(
            "",
            "kvd log and kvd snapshot look at the data of a member that is stopped: see kvd log --help.",
            "Each flag is also an environment variable (KVD_DATA_DIR) and a line of the file that",
            "--config names (data-dir=...). Flag over environment over file.",
            "Exit codes: 0 after SIGTERM, 2 wrong configuration, 3 data dir locked, foreign or",
            "damaged, 4 disk failure.")
        .sortOptions(false)
        .width(100);
    for (Setting setting : Setting.values()) {
      spec.addOption(option(setting));
    }
    spec.addOption(
        OptionSpec.builder("--help").usageHelp(true).description("show this and end").build());
    spec.addOption(
        OptionSpec.builder("--version").versionHelp(true).description("show the version").build());
    command =
        new CommandLine(spec)
            .setExpandAtFiles(false)
            .setPosixClusteredShortOptionsAllowed(false)
            .setTrimQuotes(false);
  }

  private static OptionSpec option(Setting setting) {
    OptionSpec.Builder option = OptionSpec.builder(setting.flag()).type(String.class);
    if (setting.valueLabel().isPresent()) {
      option.arity("1").paramLabel(setting.valueLabel().get());
      String suffix = setting.defaultText().map(text -> " (" + text + ")").orElse("");
      option.description(setting.description() + suffix);
    } else {
      option.arity("0..1").paramLabel("true|false").fallbackValue("true");
      option.description(setting.description());
    }
    return option.build();
  }

  /**
   * What the command line says.
   *
   * @param isHelp only show the help
   * @param isVersion only show the version
   */
  record Parsed(Map<Setting, String> values, boolean isHelp, boolean isVersion) {}

  Parsed parse(String... arguments) throws StartException {
    ParseResult result;
    try {
      result = command.parseArgs(arguments);
    } catch (UnmatchedArgumentException e) {
      throw new StartException(ExitCode.WRONG_CONFIGURATION, unknown(e.getUnmatched().get(0)), e);
    } catch (OverwrittenOptionException e) {
      throw new StartException(
          ExitCode.WRONG_CONFIGURATION, "a flag is given twice: " + Failures.describe(e), e);
    } catch (ParameterException e) {
      throw new StartException(ExitCode.WRONG_CONFIGURATION, Failures.describe(e), e);
    }
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      String text = result.matchedOptionValue(setting.flag(), null);
      if (text != null) {
        values.put(setting, text.trim());
      }
    }
    return new Parsed(values, result.isUsageHelpRequested(), result.isVersionHelpRequested());
  }

  private static String unknown(String argument) {
    if (!argument.startsWith("-")) {
      return "unexpected argument: " + argument;
    }
    int equals = argument.indexOf('=');
    String flag = equals < 0 ? argument : argument.substring(0, equals);
    List<String> flags = Arrays.stream(Setting.values()).map(Setting::flag).toList();
    return "unknown flag: " + flag + Suggestion.of(flag, flags);
  }

  String help() {
    return command.getUsageMessage(CommandLine.Help.Ansi.OFF);
  }
}
