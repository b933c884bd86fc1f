package io.raftkv.cli;

import io.raftkv.client.KvClient;
import io.raftkv.client.Member;
import io.raftkv.client.TransferResult;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvctl cluster transfer-leader}. */
@Command(
    name = "transfer-leader",
    description = "Hand leadership to a member, and wait until it leads; prints its name.")
final class TransferLeaderCommand extends KvctlCommand {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MEMBER",
      description = "Its name or id. Default: the one that is most up to date.")
  private @Nullable String target;

  @Override
  int run() {
    try (KvClient client = connect()) {
      List<Member> members = client.cluster().members().members();
      long id = target == null ? 0 : MemberArgument.find(members, target);
      sending(() -> "leadership may move");
      TransferResult result = client.cluster().transferLeadership(id);
      String leader =
          members.stream()
              .filter(member -> member.id() == result.leaderId())
              .map(Member::name)
              .findFirst()
              .orElse(Long.toUnsignedString(result.leaderId()));
      print(leader, result.leaderId());
    }
    return ExitCode.OK;
  }

  private void print(String leader, long id) {
    if (kvctl().format() == Format.JSON) {
      console()
          .writeLine(
              Json.object(
                  json -> {
                    json.name("leader").value(leader);
                    json.name("id").value(Long.toUnsignedString(id));
                  }));
    } else if (!kvctl().isQuiet()) {
      console().writeLine("leader " + leader);
    }
  }
}
