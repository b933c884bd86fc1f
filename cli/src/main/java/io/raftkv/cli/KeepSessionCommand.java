package io.raftkv.cli;

import io.raftkv.client.KvClient;
import io.raftkv.client.SessionResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvctl session keep}. */
@Command(name = "keep", description = "Keep a session open for its time to live from now on.")
final class KeepSessionCommand extends KvctlCommand {
  @Parameters(index = "0", paramLabel = "ID", description = "Its id.")
  private String session = "";

  @Override
  int run() {
    long id = SessionArgument.id(session);
    SessionResult result;
    try (KvClient client = connect()) {
      sending(() -> "the session may have been kept open");
      result = SessionArgument.find(session, () -> client.sessions().keep(id));
    }
    if (kvctl().format() == Format.JSON) {
      console().writeLine(OpenSessionCommand.json(session, result.ttl()));
    } else if (!kvctl().isQuiet()) {
      console().writeLine("open for " + Durations.text(result.ttl()));
    }
    return ExitCode.OK;
  }
}
