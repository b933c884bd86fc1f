package io.raftkv.cli;

import io.raftkv.client.KvClient;
import io.raftkv.client.SessionResult;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kvctl session open}. */
@Command(name = "open", description = "Open a session; prints its id.")
final class OpenSessionCommand extends KvctlCommand {
  @Option(names = "--name", paramLabel = "NAME", description = "For whoever looks at the list.")
  private String name = "";

  @Option(
      names = "--ttl",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "How long it stays open without a word, 1s to 1h. Default: 30s.")
  private @Nullable Duration ttl;

  @Override
  int run() {
    SessionResult result;
    try (KvClient client = connect()) {
      sending(() -> "a session may have been opened; unused, it expires");
      result = client.sessions().open(name, ttl);
    }
    String id = Long.toUnsignedString(result.sessionId());
    if (kvctl().format() == Format.JSON) {
      console().writeLine(json(id, result.ttl()));
    } else {
      console().writeLine(id);
    }
    return ExitCode.OK;
  }

  /** Also for who keeps a session. */
  static String json(String id, Duration ttl) {
    return Json.object(
        json -> {
          json.name("id").value(id);
          json.name("ttl_millis").value(ttl.toMillis());
        });
  }
}
