package io.raftkv.server;

import io.raftkv.raft.LogEntry;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.StoppedLog;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kvd log verify} and {@code kvd log dump}. */
@Command(
    name = "log",
    description = "The log of the stopped member.",
    synopsisSubcommandLabel = "COMMAND")
final class LogCommand {
  private static final long READ_BYTES_MAX = 4 << 20;

  @ParentCommand private StoppedMember member;

  @Command(
      description = {
        "Reads all of the log and checks every record, as the member does when it starts.",
        "What a crash cut short at the end is no damage."
      })
  int verify() {
    try (DataDir dataDir = member.open();
        StoppedLog log = dataDir.lookAtLog()) {
      PrintStream out = member.out();
      for (StoppedLog.File file : log.files()) {
        out.printf("%s  %s%n", file.name(), entries(file));
      }
      long read = 0;
      for (long next = log.base().index() + 1; next <= log.lastIndex(); ) {
        int count = log.read(next, log.lastIndex() + 1, READ_BYTES_MAX).size();
        next += count;
        read += count;
      }
      if (log.tornBytes() > 0) {
        out.printf("%d bytes at the end are of a write that a crash cut short%n", log.tornBytes());
      }
      out.printf(
          "ok: %d entries after %s up to %d; term %d, voted for %s%n",
          read,
          log.base(),
          log.lastIndex(),
          log.hardState().term(),
          log.hardState().votedFor().isNone() ? "nobody" : log.hardState().votedFor());
      return ExitCode.OK.code();
    }
  }

  private static String entries(StoppedLog.File file) {
    return file.entries() == 0
        ? "no entries"
        : "entries " + file.firstIndex() + " to " + (file.firstIndex() + file.entries() - 1);
  }

  @Command(description = "Writes the entries of the log, an object of JSON a line.")
  int dump(
      @Option(
              names = "--from",
              paramLabel = "INDEX",
              defaultValue = "1",
              description = "The first entry. Default: the first one there is.")
          long from,
      @Option(
              names = "--to",
              paramLabel = "INDEX",
              defaultValue = "9223372036854775806",
              description = "The last entry. Default: the last one there is.")
          long to)
      throws IOException {
    try (DataDir dataDir = member.open();
        StoppedLog log = dataDir.lookAtLog()) {
      long next = Math.max(from, log.base().index() + 1);
      long last = Math.min(to, log.lastIndex());
      while (next <= last && !member.out().checkError()) {
        List<LogEntry> entries = log.read(next, last + 1, READ_BYTES_MAX);
        for (LogEntry entry : entries) {
          member.out().println(DumpLines.entry(entry));
        }
        next += entries.size();
      }
      return ExitCode.OK.code();
    }
  }
}
