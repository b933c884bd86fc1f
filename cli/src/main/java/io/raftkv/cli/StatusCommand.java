package io.raftkv.cli;

import com.google.gson.stream.JsonWriter;
import io.raftkv.cli.ClusterStatus.MemberView;
import io.raftkv.client.ClientOptions;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.MemberStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kvctl status}. */
@Command(
    name = "status",
    sortOptions = false,
    description = {
      "Show the members, who leads, and how far each one is. Every member is asked itself.",
      "Exit code 3 if no leader is known or nobody answers."
    })
final class StatusCommand extends KvctlCommand {
  private static final long WATCH_MILLIS = 1_000;
  private static final String CLEAR_SCREEN = "\u001b[H\u001b[2J";

  @Option(names = "--watch", description = "Again every second, until interrupted.")
  private boolean isWatch;

  @Override
  int run() throws InterruptedException {
    // Two questions one after the other: who the members are, and how each is.
    ClientOptions options = kvctl().clientOptions();
    Duration half = options.timeout().dividedBy(2);
    try (KvClient client = KvClient.connect(options.withTimeout(half))) {
      while (isWatch) {
        watchOnce(client);
        Thread.sleep(WATCH_MILLIS);
      }
      ClusterStatus status = ClusterStatus.ask(client);
      print(status);
      return status.leader().isPresent() ? ExitCode.OK : ExitCode.UNAVAILABLE;
    }
  }

  /** A cluster that cannot be reached is what somebody may be watching for. */
  private void watchOnce(KvClient client) {
    try {
      ClusterStatus status = ClusterStatus.ask(client);
      if (console().isTerminal(Console.Stream.OUT)) {
        console().write(CLEAR_SCREEN);
      }
      print(status);
      console().flush();
    } catch (KvException e) {
      inform(ErrorText.of(e));
    }
  }

  private void print(ClusterStatus status) {
    if (kvctl().format() == Format.JSON) {
      console().writeLine(json(status));
      return;
    }
    if (kvctl().format() == Format.TEXT) {
      String leader = status.leader().map(name -> "leader " + name).orElse("no leader");
      console().writeLine(leader + ", term " + status.term() + ", revision " + status.revision());
    }
    Table table =
        new Table("NAME", "ROLE", "CLIENT", "PEER", "COMMIT", "APPLIED", "STATE HASH", "HEALTH");
    for (MemberView member : status.members()) {
      MemberStatus own = member.status();
      table.row(
          member.name(),
          member.role(),
          orDash(member.clientAddress()),
          orDash(member.peerAddress()),
          own == null ? "-" : own.commitIndex(),
          own == null ? "-" : own.appliedIndex(),
          own == null ? "-" : HexFormat.of().toHexDigits(own.stateHash()),
          health(member));
    }
    table.print(console());
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private static String health(MemberView member) {
    if (member.status() == null) {
      return "no answer";
    }
    return member.healthy() ? "ok" : String.join(", ", member.status().alarms());
  }

  static String json(ClusterStatus status) {
    return Json.object(
        json -> {
          json.name("leader").value(status.leader().orElse(null));
          json.name("term").value(status.term());
          json.name("revision").value(status.revision());
          json.name("members").beginArray();
          for (MemberView member : status.members()) {
            json(json, member);
          }
          json.endArray();
        });
  }

  private static void json(JsonWriter json, MemberView member) throws IOException {
    MemberStatus own = member.status();
    json.beginObject();
    json.name("name").value(member.name());
    json.name("id").value(Long.toUnsignedString(member.id()));
    json.name("role").value(member.role().name());
    json.name("client_address").value(member.clientAddress());
    json.name("peer_address").value(member.peerAddress());
    // Of a member that does not answer, nobody else knows these.
    if (own == null) {
      json.name("commit_index").nullValue();
      json.name("applied_index").nullValue();
      json.name("state_hash").nullValue();
    } else {
      json.name("commit_index").value(own.commitIndex());
      json.name("applied_index").value(own.appliedIndex());
      json.name("state_hash").value(HexFormat.of().toHexDigits(own.stateHash()));
    }
    json.name("healthy").value(member.healthy());
    json.endObject();
  }
}
