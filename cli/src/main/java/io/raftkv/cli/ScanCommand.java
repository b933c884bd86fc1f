package io.raftkv.cli;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KeyRange;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.RangeOptions;
import io.raftkv.client.Scan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kvctl scan}. */
@Command(
    name = "scan",
    sortOptions = false,
    description = {
      "Write all keys and values at one revision as JSON lines, which import reads.",
      "Text where the bytes are UTF-8, else key_base64 and value_base64: nothing is lost.",
      "With --consistency local and one endpoint, what that member has."
    })
final class ScanCommand extends KvctlCommand {
  private static final int PROGRESS_ENTRIES = 1_000;

  @Option(names = "--prefix", paramLabel = "P", description = "Only keys that start with this.")
  private String prefix = "";

  @Option(
      names = "--out",
      paramLabel = "FILE.jsonl",
      description = "Write this file, all of it or none; - for standard output (default).")
  private @Nullable String out;

  @Override
  boolean isRead() {
    return true;
  }

  @Override
  int run() throws IOException {
    if (kvctl().format() == Format.TABLE) {
      throw CliException.invalid("scan writes JSON lines; get --prefix -o table shows a table");
    }
    KeyRange keys = prefix.isEmpty() ? KeyRange.all() : KeyRange.prefix(ByteSequence.of(prefix));
    try (KvClient client = connect()) {
      Scan.Cursor cursor =
          client.scan(keys, RangeOptions.DEFAULT.withRead(kvctl().readOptions())).iterator();
      if (out == null || out.equals("-")) {
        while (cursor.hasNext()) {
          console().write(nextLine(cursor));
        }
        return ExitCode.OK;
      }
      long entries = toFile(cursor, out);
      inform(entries + " entries at revision " + cursor.revision() + " in " + out);
    }
    return ExitCode.OK;
  }

  private long toFile(Scan.Cursor cursor, String name) throws IOException {
    long entries = 0;
    try (WholeFile file = WholeFile.create(name)) {
      while (cursor.hasNext()) {
        file.write(nextLine(cursor).getBytes(StandardCharsets.UTF_8));
        entries++;
        if (entries % PROGRESS_ENTRIES == 0) {
          progress(entries + " entries");
        }
      }
      file.finish();
    }
    progress("");
    return entries;
  }

  private static String nextLine(Scan.Cursor cursor) {
    KeyValue kv = cursor.next();
    return Json.line(kv.key(), kv.value()) + "\n";
  }
}
