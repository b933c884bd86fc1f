package io.raftkv.cli;

import io.raftkv.client.ChangeOptions;
import io.raftkv.client.ChangeResult;
import io.raftkv.client.KvClient;
import io.raftkv.client.Member;
import io.raftkv.client.MemberRole;
import io.raftkv.client.MembersResult;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Option;

/** What the changes of the members have in common. */
abstract class MemberChangeCommand extends KvctlCommand {
  private static final long LOOK_MILLIS = 200;

  @Option(
      names = "--config-revision",
      paramLabel = "N",
      description = "Only if the members are still those of this revision.")
  private long configRevision;

  @Option(names = "--dry-run", description = "Only show what would come of it.")
  private boolean isDryRun;

  @Option(
      names = "--wait",
      description = "Wait until who joins votes, and until who is replaced has gone.")
  private boolean isWaiting;

  abstract ChangeResult change(KvClient client, ChangeOptions options);

  /** What is being done, for messages. */
  abstract String deed();

  @Override
  final int run() throws InterruptedException {
    if (configRevision < 0) {
      throw CliException.invalid("--config-revision must not be negative");
    }
    if (isDryRun && isWaiting) {
      throw CliException.invalid("--dry-run changes nothing that could be waited for");
    }
    try (KvClient client = connect()) {
      ChangeOptions options = ChangeOptions.DEFAULT.withConfigRevision(configRevision);
      if (!isDryRun) {
        sending(() -> "whether " + deed() + " is unknown; see kvctl cluster members");
      }
      ChangeResult result = change(client, isDryRun ? options.withDryRun() : options);
      if (isWaiting) {
        MembersResult members = await(client);
        print(members.members(), members.configRevision(), result.memberId());
      } else {
        print(result.members(), result.configRevision(), result.memberId());
      }
    }
    return ExitCode.OK;
  }

  private MembersResult await(KvClient client) throws InterruptedException {
    while (true) {
      MembersResult members = client.cluster().members();
      List<Member> joining = members.members().stream().filter(Member::isJoining).toList();
      if (joining.isEmpty() && !members.isJoint()) {
        return members;
      }
      joining.forEach(
          member -> progress(member.name() + " is " + member.lag() + " entries behind"));
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  private void print(List<Member> unsorted, long revision, long memberId) {
    List<Member> members = unsorted.stream().sorted(Comparator.comparing(Member::name)).toList();
    if (kvctl().format() == Format.JSON) {
      console().writeLine(json(members, revision, memberId));
    } else if (!kvctl().isQuiet()) {
      console().writeLine((isDryRun ? "would be: " : "") + text(members));
    }
  }

  private static String text(List<Member> members) {
    return String.join(", ", members.stream().map(MemberChangeCommand::text).toList());
  }

  private static String text(Member member) {
    if (member.isJoining()) {
      return member.name() + " (joins)";
    }
    return member.role() == MemberRole.LEARNER ? member.name() + " (learner)" : member.name();
  }

  private static String json(List<Member> members, long revision, long memberId) {
    return Json.object(
        json -> {
          json.name("member_id").value(Long.toUnsignedString(memberId));
          json.name("config_revision").value(revision);
          json.name("members").beginArray();
          for (Member member : members) {
            MembersCommand.json(json, member);
          }
          json.endArray();
        });
  }
}
