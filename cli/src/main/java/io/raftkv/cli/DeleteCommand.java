package io.raftkv.cli;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.DeleteOptions;
import io.raftkv.client.GetOptions;
import io.raftkv.client.KeyRange;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvctl delete}. */
@Command(
    name = "delete",
    sortOptions = false,
    description = {
      "Delete a key, or all keys with a prefix; prints how many were deleted.",
      "A KEY that does not exist is exit code 1; a prefix without keys is not.",
      "A prefix goes at one revision, or in parts if it has more keys than the server deletes at once;",
      "if a later part fails, it says how many are deleted, with exit code 5."
    })
final class DeleteCommand extends KvctlCommand {
  private static final long PART_KEYS = 1_000;

  @Parameters(index = "0", arity = "0..1", paramLabel = "KEY", description = "The key.")
  private @Nullable String key;

  @Option(
      names = "--prefix",
      paramLabel = "P",
      description = "All keys that start with this; empty: all keys.")
  private @Nullable String prefix;

  @Option(names = KeyArgument.BASE64, description = KeyArgument.BASE64_DESCRIPTION)
  private boolean isBase64;

  @Option(names = "--dry-run", description = "Only say how many keys it would delete.")
  private boolean isDryRun;

  @Option(names = "--yes", description = "Delete a prefix without asking.")
  private boolean isYes;

  @Override
  int run() throws IOException {
    if ((key == null) == (prefix == null)) {
      throw CliException.invalid("delete needs a KEY or --prefix, one of them");
    }
    if (prefix != null && isBase64) {
      throw CliException.invalid(KeyArgument.BASE64 + " goes with KEY");
    }
    boolean isAsking = prefix != null && !isYes && !isDryRun;
    if (isAsking && !console().isTerminal(Console.Stream.IN)) {
      throw CliException.invalid("delete --prefix needs --yes where nobody can be asked");
    }
    try (KvClient client = connect()) {
      KeyRange keys =
          prefix == null
              ? KeyRange.key(KeyArgument.parse(String.valueOf(key), isBase64))
              : KeyRange.prefix(ByteSequence.of(prefix));
      if (isDryRun) {
        return report(
            "would_delete", "would delete", client.count(keys, GetOptions.DEFAULT).count());
      }
      if (isAsking && !isConfirmed(client.count(keys, GetOptions.DEFAULT).count())) {
        throw CliException.invalid("nothing was deleted");
      }
      return report("deleted", "deleted", delete(client, keys));
    }
  }

  private long delete(KvClient client, KeyRange keys) {
    sending(() -> "the outcome of the deletion is unknown");
    try {
      long deleted = client.delete(keys, DeleteOptions.DEFAULT).deleted();
      sending(() -> deleted + " keys are deleted");
      return deleted;
    } catch (KvException e) {
      if (e.reason() != Reason.TOO_MANY_OPERATIONS) {
        throw e;
      }
    }
    return deleteInParts(client, keys);
  }

  private long deleteInParts(KvClient client, KeyRange keys) {
    long deleted = 0;
    while (true) {
      long before = deleted;
      sending(() -> before + " keys are deleted, and more may be");
      long part;
      try {
        part = client.delete(keys, DeleteOptions.DEFAULT.withLimit(PART_KEYS)).deleted();
      } catch (KvException e) {
        progress("");
        throw before == 0 ? e : afterOtherParts(e, before);
      }
      deleted += part;
      if (part < PART_KEYS) {
        long all = deleted;
        sending(() -> all + " keys are deleted");
        progress("");
        return deleted;
      }
      progress(deleted + " keys deleted");
    }
  }

  /** Of the whole command it cannot be said that nothing happened, whatever became of this part. */
  private static CliException afterOtherParts(KvException e, long deleted) {
    int exitCode = ExitCode.of(e) == ExitCode.CORRUPT ? ExitCode.CORRUPT : ExitCode.OUTCOME_UNKNOWN;
    return new CliException(exitCode, ErrorText.of(e) + "; " + deleted + " keys deleted before");
  }

  private boolean isConfirmed(long count) throws IOException {
    console().say("kvctl: this deletes " + count + " keys; type yes to go on");
    BufferedReader answers =
        new BufferedReader(new InputStreamReader(console().in(), StandardCharsets.UTF_8));
    String answer = answers.readLine();
    return answer != null && answer.strip().toLowerCase(Locale.ROOT).equals("yes");
  }

  private int report(String name, String words, long count) {
    if (kvctl().format() == Format.JSON) {
      console().writeLine(Json.object(json -> json.name(name).value(count)));
    } else if (!kvctl().isQuiet()) {
      console().writeLine(words + " " + count);
    }
    return prefix == null && count == 0 ? ExitCode.NOT_FOUND : ExitCode.OK;
  }
}
