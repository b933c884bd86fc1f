package io.raftkv.server;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** The values that were given, from flags, environment and file, and where each came from. */
final class Settings {
  private static final String ENVIRONMENT_PREFIX = "KVD_";

  /** Not settings: what the launcher reads. */
  private static final List<String> LAUNCHER_VARIABLES = List.of("KVD_JAVA_OPTIONS");

  /**
   * A value as it was written.
   *
   * @param origin names it in messages, such as {@code --heartbeat} or {@code KVD_HEARTBEAT}
   */
  record Given(String text, String origin) {}

  private final Map<Setting, Given> given = new EnumMap<>(Setting.class);

  private Settings() {}

  /**
   * Flag over environment over file.
   *
   * @param flags by setting, as parsed from the command line
   */
  static Settings read(Map<Setting, String> flags, Map<String, String> environment)
      throws StartException {
    Map<Setting, Given> fromEnvironment = environment(environment);
    Settings settings = new Settings();
    String config = flags.get(Setting.CONFIG);
    if (config == null && fromEnvironment.containsKey(Setting.CONFIG)) {
      config = fromEnvironment.get(Setting.CONFIG).text();
    }
    if (config != null) {
      settings.given.putAll(file(config));
    }
    settings.given.putAll(fromEnvironment);
    flags.forEach((setting, text) -> settings.given.put(setting, new Given(text, setting.flag())));
    for (Given value : settings.given.values()) {
      if (value.text().isBlank()) {
        throw StartException.wrong(value.origin() + " is empty");
      }
    }
    return settings;
  }

  private static Map<Setting, Given> environment(Map<String, String> environment)
      throws StartException {
    Map<Setting, Given> found = new EnumMap<>(Setting.class);
    for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
      String name = variable.getKey();
      if (name.startsWith(ENVIRONMENT_PREFIX) && !LAUNCHER_VARIABLES.contains(name)) {
        Setting setting = known("environment variable", name, Setting::environmentName);
        found.put(setting, new Given(variable.getValue().trim(), name));
      }
    }
    return found;
  }

  private static Map<Setting, Given> file(String path) throws StartException {
    Map<Setting, Given> found = new EnumMap<>(Setting.class);
    Properties lines = new StrictProperties();
    try (Reader reader = Files.newBufferedReader(Path.of(path), StandardCharsets.UTF_8)) {
      lines.load(reader);
    } catch (CharacterCodingException | IllegalArgumentException e) {
      String why = e instanceof CharacterCodingException ? "is not UTF-8" : e.getMessage();
      throw new StartException(
          ExitCode.WRONG_CONFIGURATION, "configuration file " + path + ": " + why, e);
    } catch (IOException e) {
      throw new StartException(
          ExitCode.WRONG_CONFIGURATION,
          "configuration file " + path + " cannot be read: " + Failures.describe(e),
          e);
    }
    for (String key : new TreeSet<>(lines.stringPropertyNames())) {
      Setting setting = known("key in " + path, key, Setting::key);
      if (setting == Setting.CONFIG) {
        throw StartException.wrong(path + ": config cannot be set in a configuration file");
      }
      found.put(setting, new Given(lines.getProperty(key).trim(), key + " in " + path));
    }
    return found;
  }

  private static Setting known(String what, String name, Function<Setting, String> nameOf)
      throws StartException {
    for (Setting setting : Setting.values()) {
      if (nameOf.apply(setting).equals(name)) {
        return setting;
      }
    }
    List<String> names = Arrays.stream(Setting.values()).map(nameOf).toList();
    throw StartException.wrong("unknown " + what + ": " + name + Suggestion.of(name, names));
  }

  /** What was given or, without that, the default. */
  Given get(Setting setting) {
    Given value = given.get(setting);
    return value != null
        ? value
        : new Given(setting.defaultText().orElseThrow(), setting.flag() + " (default)");
  }

  /** What was given; empty if nothing was. */
  Optional<Given> explicit(Setting setting) {
    return Optional.ofNullable(given.get(setting));
  }

  /** A properties file in which each key stands once. */
  private static final class StrictProperties extends Properties {
    private static final long serialVersionUID = 1;

    @Override
    public synchronized Object put(Object key, Object value) {
      if (containsKey(key)) {
        throw new IllegalArgumentException("key " + key + " stands there twice");
      }
      return super.put(key, value);
    }
  }
}
