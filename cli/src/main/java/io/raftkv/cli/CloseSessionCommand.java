package io.raftkv.cli;

import io.raftkv.client.KvClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvctl session close}. */
@Command(
    name = "close",
    description = {
      "End a session.",
      "If its client is there, what it has under way may end with an unknown outcome."
    })
final class CloseSessionCommand extends KvctlCommand {
  @Parameters(index = "0", paramLabel = "ID", description = "Its id.")
  private String session = "";

  @Override
  int run() {
    long id = SessionArgument.id(session);
    try (KvClient client = connect()) {
      sending(() -> "the session may have been closed");
      SessionArgument.find(session, () -> client.sessions().close(id));
    }
    if (kvctl().format() == Format.JSON) {
      console().writeLine(Json.object(json -> json.name("closed").value(session)));
    } else if (!kvctl().isQuiet()) {
      console().writeLine("closed " + session);
    }
    return ExitCode.OK;
  }
}
