package io.raftkv.server;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The command line: one flag for each {@link Setting}, {@code --help} and {@code --version}. A
 * value follows as the next argument or after {@code =}; a switch may have one after {@code =}.
 *
 * <p>Read here, not by picocli as the other command lines are: loading that is a fifth of the time
 * after which a member is ready, and a cluster without its leader waits for that.
 */
final class Flags {
  private static final String HELP = "--help";
  private static final String VERSION = "--version";

  private Flags() {}

  /**
   * What the command line says.
   *
   * @param isHelp only show the help
   * @param isVersion only show the version
   */
  record Parsed(Map<Setting, String> values, boolean isHelp, boolean isVersion) {}

  static Parsed parse(String... arguments) throws StartException {
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    boolean isHelp = false;
    boolean isVersion = false;
    for (Iterator<String> rest = Arrays.asList(arguments).iterator(); rest.hasNext(); ) {
      String argument = rest.next();
      if (argument.equals(HELP)) {
        isHelp = true;
      } else if (argument.equals(VERSION)) {
        isVersion = true;
      } else {
        Setting setting = settingOf(argument);
        if (values.put(setting, valueOf(setting, argument, rest)) != null) {
          throw StartException.wrong(setting.flag() + " is given twice");
        }
      }
    }
    return new Parsed(values, isHelp, isVersion);
  }

  private static String name(String argument) {
    int equals = argument.indexOf('=');
    return equals < 0 ? argument : argument.substring(0, equals);
  }

  private static Setting settingOf(String argument) throws StartException {
    if (!argument.startsWith("-")) {
      throw StartException.wrong("unexpected argument: " + argument);
    }
    String flag = name(argument);
    for (Setting setting : Setting.values()) {
      if (setting.flag().equals(flag)) {
        return setting;
      }
    }
    List<String> flags = Arrays.stream(Setting.values()).map(Setting::flag).toList();
    throw StartException.wrong("unknown flag: " + flag + Suggestion.of(flag, flags));
  }

  private static String valueOf(Setting setting, String argument, Iterator<String> rest)
      throws StartException {
    if (!argument.equals(setting.flag())) {
      return argument.substring(setting.flag().length() + 1).trim();
    }
    if (setting.valueLabel().isEmpty()) {
      return Boolean.toString(true);
    }
    String value = rest.hasNext() ? rest.next() : "--";
    if (value.startsWith("--")) {
      throw StartException.wrong(setting.flag() + " needs a value: " + setting.valueLabel().get());
    }
    return value.trim();
  }
}
