package io.raftkv.cli;

import io.raftkv.client.Endpoint;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.Reason;
import io.raftkv.client.SnapshotResult;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvctl backup save}. */
@Command(
    name = "save",
    sortOptions = false,
    description = {
      "Save everything that was acknowledged before, as of one revision, from the first of the",
      "endpoints that can give it. All of the file or none; on disk when this ends.",
      "With --consistency local and one endpoint, what that member has, with or without a leader."
    })
final class SaveBackupCommand extends KvctlCommand {
  private static final long PROGRESS_BYTES = 4 << 20;
  private static final double BYTES_PER_MEBIBYTE = 1 << 20;

  @Parameters(paramLabel = "FILE", description = "The file to write.")
  private String file = "";

  @Option(names = "--force", description = "Replace the file if it exists.")
  private boolean isForced;

  @Override
  boolean isRead() {
    return true;
  }

  @Override
  int run() throws IOException {
    if (!isForced && Files.exists(Path.of(file), LinkOption.NOFOLLOW_LINKS)) {
      throw CliException.invalid(file + ": exists; --force replaces it");
    }
    SnapshotResult saved;
    try (WholeFile whole = WholeFile.create(file);
        KvClient client = connect()) {
      saved = save(client, whole.stream());
      whole.finish();
    }
    progress("");
    print(saved);
    return ExitCode.OK;
  }

  /** From the first that can, as long as nothing has come from one that then broke off. */
  private SnapshotResult save(KvClient client, OutputStream out) throws IOException {
    List<Endpoint> members = kvctl().endpoints();
    Counting counting = new Counting(out);
    for (Endpoint member : members.subList(0, members.size() - 1)) {
      try {
        return client.maintenance().snapshot(member, kvctl().readOptions(), counting);
      } catch (KvException e) {
        boolean mayAnotherOne =
            e.reason().kind() == Reason.Kind.UNAVAILABLE
                || e.reason().kind() == Reason.Kind.EXHAUSTED;
        if (!mayAnotherOne || counting.bytes > 0) {
          throw e;
        }
        inform(ErrorText.of(e) + "; the next one is asked");
      }
    }
    return client
        .maintenance()
        .snapshot(members.get(members.size() - 1), kvctl().readOptions(), counting);
  }

  private void print(SnapshotResult saved) {
    if (kvctl().format() == Format.JSON) {
      console()
          .writeLine(
              Json.object(
                  json -> {
                    json.name("file").value(file);
                    json.name("revision").value(saved.header().revision());
                    json.name("index").value(saved.index());
                    json.name("bytes").value(saved.totalBytes());
                    json.name("member_id").value(Long.toUnsignedString(saved.header().memberId()));
                  }));
    } else if (!kvctl().isQuiet()) {
      console()
          .writeLine(
              String.format(
                  Locale.ROOT,
                  "saved revision %d, index %d, %d bytes in %s",
                  saved.header().revision(),
                  saved.index(),
                  saved.totalBytes(),
                  file));
    }
  }

  /** Shows how far it is. */
  private final class Counting extends FilterOutputStream {
    private long bytes;
    private long shown;

    Counting(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] part, int from, int length) throws IOException {
      out.write(part, from, length);
      bytes += length;
      if (bytes - shown >= PROGRESS_BYTES) {
        shown = bytes;
        progress(String.format(Locale.ROOT, "%.0f MiB", bytes / BYTES_PER_MEBIBYTE));
      }
    }
  }
}
