package io.raftkv.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.Command;

/** {@code kvctl version}. */
@Command(name = "version", description = "Print the version of kvctl.")
final class VersionCommand extends KvctlCommand {
  @Override
  int run() {
    if (kvctl().format() == Format.JSON) {
      console().writeLine(Json.object(json -> json.name("version").value(version())));
    } else {
      console().writeLine("kvctl " + version());
    }
    return ExitCode.OK;
  }

  static String version() {
    Properties properties = new Properties();
    try (InputStream in = VersionCommand.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version", "unknown");
  }
}
