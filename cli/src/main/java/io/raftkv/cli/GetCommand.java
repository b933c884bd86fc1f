package io.raftkv.cli;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.CountResult;
import io.raftkv.client.GetOptions;
import io.raftkv.client.GetResult;
import io.raftkv.client.KeyRange;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.RangeOptions;
import io.raftkv.client.ReadOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvctl get}. */
@Command(
    name = "get",
    sortOptions = false,
    description = {
      "Print the value of a key, or the keys with a prefix.",
      "A value is printed byte for byte, with a line end only on a terminal; keys with a prefix",
      "each on a line with a tab and the value (-o json: exactly)."
    })
final class GetCommand extends KvctlCommand {
  @Parameters(index = "0", arity = "0..1", paramLabel = "KEY", description = "The key.")
  private @Nullable String key;

  @Option(
      names = "--prefix",
      paramLabel = "P",
      description = "All keys that start with this; empty: all keys.")
  private @Nullable String prefix;

  @Option(names = KeyArgument.BASE64, description = KeyArgument.BASE64_DESCRIPTION)
  private boolean isBase64;

  @Option(names = "--rev", paramLabel = "N", description = "As it was at this revision.")
  private @Nullable Long revision;

  @Option(names = "--meta", description = "With revisions and version.")
  private boolean hasMeta;

  @Option(names = "--limit", paramLabel = "N", description = "With --prefix: so many keys at most.")
  private @Nullable Long limit;

  @Option(names = "--reverse", description = "With --prefix: from the last key down.")
  private boolean isReverse;

  @Option(names = "--keys-only", description = "With --prefix: without the values.")
  private boolean isKeysOnly;

  @Option(names = "--count", description = "With --prefix: only how many keys there are.")
  private boolean isCount;

  @Override
  boolean isRead() {
    return true;
  }

  @Override
  int run() {
    requireSense();
    try (KvClient client = connect()) {
      if (prefix == null) {
        return one(client, KeyArgument.parse(String.valueOf(key), isBase64));
      }
      KeyRange keys = KeyRange.prefix(ByteSequence.of(prefix));
      return isCount ? count(client, keys) : many(client, keys);
    }
  }

  private void requireSense() {
    if ((key == null) == (prefix == null)) {
      throw CliException.invalid("get needs a KEY or --prefix, one of them");
    }
    if (prefix != null && isBase64) {
      throw CliException.invalid(KeyArgument.BASE64 + " goes with KEY");
    }
    if (prefix == null && (limit != null || isReverse || isKeysOnly || isCount)) {
      throw CliException.invalid("--limit, --reverse, --keys-only and --count go with --prefix");
    }
    if (isCount && (limit != null || isReverse || isKeysOnly || hasMeta)) {
      throw CliException.invalid("--count goes with --prefix and --rev only");
    }
    if (revision != null && revision < 1) {
      throw CliException.invalid("--rev " + revision + " is not a revision");
    }
    if (limit != null && limit < 1) {
      throw CliException.invalid("--limit " + limit + " is less than 1");
    }
  }

  private ReadOptions read() {
    ReadOptions read = kvctl().readOptions();
    return revision == null ? read : read.withAtRevision(revision);
  }

  private int one(KvClient client, ByteSequence name) {
    GetResult result = client.get(name, GetOptions.DEFAULT.withRead(read()));
    KeyValue kv = result.kvOrNull();
    if (kv == null) {
      inform("key " + name + " does not exist" + (revision == null ? "" : " at " + revision));
      return ExitCode.NOT_FOUND;
    }
    if (kvctl().format() == Format.TEXT && !hasMeta) {
      console().write(kv.value().toByteArray());
      if (console().isTerminal(Console.Stream.OUT)) {
        console().write("\n");
      }
    } else if (kvctl().format() == Format.TABLE) {
      Table table = tableWithHead();
      row(table, kv);
      table.print(console());
    } else {
      line(kv);
    }
    return ExitCode.OK;
  }

  private int many(KvClient client, KeyRange keys) {
    RangeOptions options =
        new RangeOptions(
            limit == null ? 0 : limit, ByteSequence.EMPTY, isReverse, isKeysOnly, read(), null);
    Table table = kvctl().format() == Format.TABLE ? tableWithHead() : null;
    for (KeyValue kv : client.scan(keys, options)) {
      if (table == null) {
        line(kv);
      } else {
        row(table, kv);
      }
    }
    if (table != null) {
      table.print(console());
    }
    return ExitCode.OK;
  }

  private int count(KvClient client, KeyRange keys) {
    CountResult result = client.count(keys, GetOptions.DEFAULT.withRead(read()));
    if (kvctl().format() == Format.JSON) {
      console()
          .writeLine(
              Json.object(
                  json -> {
                    json.name("count").value(result.count());
                    json.name("revision").value(result.header().revision());
                  }));
    } else {
      console().writeLine(Long.toString(result.count()));
    }
    return ExitCode.OK;
  }

  /** One line for one key: JSON, or bytes between tabs. */
  private void line(KeyValue kv) {
    if (kvctl().format() == Format.JSON) {
      console().writeLine(Json.object(json -> Json.keyValue(json, kv, !isKeysOnly)));
      return;
    }
    writeCell(kv.key());
    if (hasMeta) {
      console().write("\t" + kv.createRevision() + "\t" + kv.modRevision() + "\t" + kv.version());
    }
    if (!isKeysOnly) {
      console().write("\t");
      writeCell(kv.value());
    }
    console().write("\n");
  }

  private void writeCell(ByteSequence bytes) {
    // Control characters of a stranger's key must not reach a terminal.
    if (console().isTerminal(Console.Stream.OUT)) {
      console().write(Shown.of(bytes));
    } else {
      console().write(bytes.toByteArray());
    }
  }

  private Table tableWithHead() {
    return isKeysOnly
        ? new Table("KEY", "CREATED", "MODIFIED", "VERSION")
        : new Table("KEY", "CREATED", "MODIFIED", "VERSION", "VALUE");
  }

  private void row(Table table, KeyValue kv) {
    String key = Shown.of(kv.key());
    if (isKeysOnly) {
      table.row(key, kv.createRevision(), kv.modRevision(), kv.version());
    } else {
      String value = Shown.of(kv.value());
      table.row(key, kv.createRevision(), kv.modRevision(), kv.version(), value);
    }
  }
}
