package io.raftkv.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvctl backup verify}. */
@Command(
    name = "verify",
    description = {
      "Check every byte of a backup against its checksums; asks no member.",
      "Exit code 6: damaged; 2: there is no such file, or it is something else."
    })
final class VerifyBackupCommand extends KvctlCommand {
  @Parameters(paramLabel = "FILE", description = "The file.")
  private String file = "";

  @Override
  int run() throws IOException {
    if (Files.isDirectory(Path.of(file))) {
      throw CliException.invalid(file + ": is a directory");
    }
    BackupCheck.Found found = new BackupCheck(file).run();
    if (kvctl().format() == Format.JSON) {
      console()
          .writeLine(
              Json.object(
                  json -> {
                    json.name("file").value(file);
                    json.name("cluster_id").value(Long.toUnsignedString(found.clusterId()));
                    json.name("index").value(found.index());
                    json.name("bytes").value(found.bytes());
                  }));
    } else if (!kvctl().isQuiet()) {
      console()
          .writeLine(
              String.format(
                  Locale.ROOT,
                  "ok: index %d of cluster %016x, %d bytes",
                  found.index(),
                  found.clusterId(),
                  found.bytes()));
    }
    return ExitCode.OK;
  }
}
