package io.raftkv.cli;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.PutOptions;
import io.raftkv.client.PutResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvctl put}. */
@Command(
    name = "put",
    sortOptions = false,
    description = {
      "Write a key. Done when a majority of the members has it on disk.",
      "Prints the revision of the write or, with --prev, the value that was there before."
    })
final class PutCommand extends KvctlCommand {
  @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
  private String key = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "VALUE",
      description = {
        "The value; - or nothing: standard input; @FILE: the content of the file.",
        "After --, a value may start with a dash."
      })
  private @Nullable String value;

  @Option(names = KeyArgument.BASE64, description = KeyArgument.BASE64_DESCRIPTION)
  private boolean isBase64;

  @Option(
      names = "--ttl",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "Delete the key so long after the write.")
  private @Nullable Duration ttl;

  @Option(
      names = "--session",
      paramLabel = "ID",
      description = "Delete the key when this session ends.")
  private @Nullable String session;

  @Option(names = "--if-absent", description = "Only if the key does not exist.")
  private boolean isIfAbsent;

  @Option(
      names = "--if-revision",
      paramLabel = "N",
      description = "Only if the key was last modified at this revision.")
  private @Nullable Long ifRevision;

  @Option(names = "--prev", description = "Print the value that was there before.")
  private boolean hasPrevious;

  @Override
  int run() throws IOException {
    if (isIfAbsent && ifRevision != null) {
      throw CliException.invalid("--if-absent and --if-revision exclude each other");
    }
    PutOptions options =
        new PutOptions(isIfAbsent, ifRevision, ttl, sessionId(), hasPrevious, null);
    ByteSequence name = KeyArgument.parse(key, isBase64);
    ByteSequence bytes = value();
    try (KvClient client = connect()) {
      sending(() -> "the outcome of the write is unknown");
      PutResult result = client.put(name, bytes, options);
      sending(() -> "the write is done, at revision " + result.modRevision());
      print(result);
    }
    return ExitCode.OK;
  }

  private long sessionId() {
    return session == null ? 0 : SessionArgument.id(session);
  }

  private ByteSequence value() throws IOException {
    if (value == null && console().isTerminal(Console.Stream.IN)) {
      throw CliException.invalid("put needs a VALUE (- reads it from standard input)");
    }
    if (value == null || value.equals("-")) {
      return read(console().in());
    }
    if (value.startsWith("@")) {
      Path file = Path.of(value.substring(1));
      if (Files.isDirectory(file)) {
        throw CliException.invalid(file + ": is a directory");
      }
      try (InputStream in = Files.newInputStream(file)) {
        return read(in);
      }
    }
    return ByteSequence.of(value);
  }

  private static ByteSequence read(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(ValueLimit.BYTES_MAX + 1);
    if (bytes.length > ValueLimit.BYTES_MAX) {
      throw CliException.invalid(
          "the value is larger than " + ValueLimit.BYTES_MAX + " bytes, and cannot be sent");
    }
    return ByteSequence.wrap(bytes);
  }

  private void print(PutResult result) {
    KeyValue previous = result.previousOrNull();
    if (kvctl().format() == Format.JSON) {
      console()
          .writeLine(
              Json.object(
                  json -> {
                    json.name("mod_revision").value(result.modRevision());
                    if (previous != null) {
                      json.name("previous").beginObject();
                      Json.keyValue(json, previous, true);
                      json.endObject();
                    }
                  }));
    } else if (hasPrevious) {
      if (previous != null) {
        console().write(previous.value().toByteArray());
        if (console().isTerminal(Console.Stream.OUT)) {
          console().write("\n");
        }
      }
    } else if (!kvctl().isQuiet()) {
      console().writeLine("revision " + result.modRevision());
    }
  }
}
