package io.raftkv.cli;

import io.raftkv.client.ChangeOptions;
import io.raftkv.client.ChangeResult;
import io.raftkv.client.KvClient;
import io.raftkv.client.NewMember;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvctl cluster add}. */
@Command(
    name = "add",
    description = {
      "Let a new member in.",
      "It comes as a learner, receives the log, and votes once it has caught up. Start it with",
      "kvd --name NAME --peer-listen HOST:PEERPORT --join HOST:CLIENTPORT of any member; kvd adds",
      "itself then if this was not done before."
    })
final class AddMemberCommand extends MemberChangeCommand {
  @Parameters(index = "0", paramLabel = "NAME", description = "Its name.")
  private String name = "";

  @Parameters(
      index = "1",
      paramLabel = "HOST:PEERPORT",
      description = "Where the other members connect to it.")
  private String peerAddress = "";

  @Option(names = "--learner", description = "It stays a learner until it is promoted.")
  private boolean isLearner;

  @Override
  ChangeResult change(KvClient client, ChangeOptions options) {
    NewMember member = NewMember.of(name, peerAddress);
    return client.cluster().add(isLearner ? member.asLearner() : member, options);
  }

  @Override
  String deed() {
    return name + " was added";
  }
}
