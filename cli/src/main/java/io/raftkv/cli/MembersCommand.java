package io.raftkv.cli;

import com.google.gson.stream.JsonWriter;
import io.raftkv.client.KvClient;
import io.raftkv.client.Member;
import io.raftkv.client.MembersResult;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code kvctl cluster members}. */
@Command(name = "members", description = "List the members as the leader knows them.")
final class MembersCommand extends KvctlCommand {
  @Override
  int run() {
    MembersResult result;
    try (KvClient client = connect()) {
      result = client.cluster().members();
    }
    List<Member> members =
        result.members().stream().sorted(Comparator.comparing(Member::name)).toList();
    if (kvctl().format() == Format.JSON) {
      console().writeLine(json(result.configRevision(), members));
      return ExitCode.OK;
    }
    Table table = new Table("NAME", "ID", "ROLE", "CLIENT", "PEER", "MATCH", "LAG", "HEALTHY");
    for (Member member : members) {
      table.row(
          member.name(),
          Long.toUnsignedString(member.id()),
          member.isJoining() ? member.role() + " (joins)" : member.role(),
          member.clientAddress().isEmpty() ? "-" : member.clientAddress(),
          member.peerAddress(),
          member.matchIndex(),
          member.lag(),
          member.healthy() ? "yes" : "no");
    }
    table.print(console());
    return ExitCode.OK;
  }

  private static String json(long configRevision, List<Member> members) {
    return Json.object(
        json -> {
          json.name("config_revision").value(configRevision);
          json.name("members").beginArray();
          for (Member member : members) {
            json(json, member);
          }
          json.endArray();
        });
  }

  /** As an object; also for the commands that change the members. */
  static void json(JsonWriter json, Member member) throws IOException {
    json.beginObject();
    json.name("name").value(member.name());
    json.name("id").value(Long.toUnsignedString(member.id()));
    json.name("role").value(member.role().name());
    json.name("client_address").value(member.clientAddress());
    json.name("peer_address").value(member.peerAddress());
    json.name("match_index").value(member.matchIndex());
    json.name("lag").value(member.lag());
    json.name("healthy").value(member.healthy());
    json.name("joins").value(member.isJoining());
    json.endObject();
  }
}
