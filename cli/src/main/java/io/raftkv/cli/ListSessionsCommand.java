package io.raftkv.cli;

import com.google.gson.stream.JsonWriter;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.Session;
import io.raftkv.client.SessionsResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code kvctl session list}. */
@Command(name = "list", description = "List the open sessions.")
final class ListSessionsCommand extends KvctlCommand {
  @Override
  int run() {
    List<Session> sessions = new ArrayList<>();
    try (KvClient client = connect()) {
      boolean hasMore = true;
      while (hasMore) {
        long after = sessions.isEmpty() ? 0 : sessions.get(sessions.size() - 1).id();
        SessionsResult page = client.sessions().list(after);
        sessions.addAll(page.sessions());
        hasMore = page.hasMore() && !page.sessions().isEmpty();
      }
    }
    if (kvctl().format() == Format.JSON) {
      console().writeLine(json(sessions));
      return ExitCode.OK;
    }
    Table table = new Table("ID", "TTL", "IDLE", "ANSWERS", "KEYS", "NAME");
    for (Session session : sessions) {
      table.row(
          Long.toUnsignedString(session.id()),
          Durations.text(session.ttl()),
          Durations.text(session.idle()),
          session.answers(),
          session.keys(),
          Shown.of(ByteSequence.of(session.name())));
    }
    table.print(console());
    return ExitCode.OK;
  }

  private static String json(List<Session> sessions) {
    return Json.object(
        json -> {
          json.name("sessions").beginArray();
          for (Session session : sessions) {
            json(json, session);
          }
          json.endArray();
        });
  }

  private static void json(JsonWriter json, Session session) throws IOException {
    json.beginObject();
    json.name("id").value(Long.toUnsignedString(session.id()));
    json.name("name").value(session.name());
    json.name("ttl_millis").value(session.ttl().toMillis());
    json.name("idle_millis").value(session.idle().toMillis());
    json.name("answers").value(session.answers());
    json.name("keys").value(session.keys());
    json.endObject();
  }
}
