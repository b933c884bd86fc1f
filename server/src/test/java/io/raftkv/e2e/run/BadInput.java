package io.raftkv.e2e.run;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.client.KvClient;
import io.raftkv.client.MemberStatus;
import io.raftkv.e2e.input.BadInputRow;
import io.raftkv.e2e.input.ConnectionInputs;
import io.raftkv.e2e.input.Mutants;
import io.raftkv.e2e.input.PeerInputs;
import io.raftkv.e2e.input.RequestInputs;
import io.raftkv.e2e.input.SessionAndMemberInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Everything that is no good input, row by row. */
@Command(
    name = "bad-input",
    sortOptions = false,
    description = {
      "Bad input of every kind for a running member: requests, messages, connections, peers.",
      "Prints each input and its answer. Checks that the answer is what the API says, and after each",
      "that the member serves, in the same term, with no more file descriptors and no more heap."
    })
final class BadInput extends Run {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** What a closed connection leaves goes within seconds. */
  private static final int SETTLE_SECONDS_MAX = 60;

  private static final int DESCRIPTORS_MORE_MAX = 20;
  private static final double HEAP_MORE_BYTES_MAX = 48 << 20;

  private static final List<String> NOT_BUILT =
      List.of(
          "TLS: no, expired, foreign certificates; plain text to a TLS port",
          "tokens and roles: none, bad, expired; a put of a reader; an admin call of a user",
          "transactions: too many operations, a key twice, value and version in one condition",
          "a cluster id in a client's request");

  private static final List<String> ELSEWHERE =
      List.of(
          "wrong configuration and data directories: WrongConfigurationIT",
          "disk full: FullDiskIT",
          "no leader, a leader lost while a write is under way: kill-leader, ThreeMembersIT",
          "last voter, two changes at once, a lagging learner: MembershipTest, MembershipIT",
          "kvctl without server, with bad flags, on closed pipes: the tests of cli");

  @Option(
      names = "--mutants",
      paramLabel = "N",
      description = "Requests of changed bytes. Default: ${DEFAULT-VALUE}.")
  private int mutants = 100_000;

  @Option(names = "--seed", description = "Of the mutants. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  private int rows;
  private int wrong;

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    try (Cluster cluster = newCluster(folder)) {
      cluster.start();
      int leader = cluster.awaitLeader();
      // A follower: what it does not answer itself it has to forward.
      int target = (leader + 1) % Cluster.SIZE;
      // Without a session: some mutants speak for sessions of others, which is allowed.
      KvClient client = cluster.connectToWithoutSession(target, TIMEOUT);
      ManagedChannel channel = channel(cluster.endpoint(target).port());
      ManagedChannel peerChannel = channel(cluster.peerPort(target));
      try {
        Watched watched = new Watched(cluster, target, client);
        watched.settle();
        Watched.Figures before = watched.figures();
        RequestInputs requests = new RequestInputs(channel);
        SessionAndMemberInputs others = new SessionAndMemberInputs(channel);
        send("requests", requests.rows(), watched, report);
        send("sessions", others.sessionRows(), watched, report);
        send("members", others.memberRows(), watched, report);
        send("mutants", List.of(new Mutants(channel, mutants, seed).row()), watched, report);
        PeerInputs peers = peers(cluster, leader, target, peerChannel);
        send("strangers on the peer port", peers.strangers(), watched, report);
        send("absurd numbers of a member", peers.members(), watched, report);
        ConnectionInputs connections =
            new ConnectionInputs(
                channel, cluster.endpoint(target).port(), cluster.peerPort(target));
        send("connections", connections.quickRows(), watched, report);
        send("connections that take their time", connections.slowRows(), watched, report);
        flat("all of it", before, watched, report);
      } finally {
        channel.shutdownNow();
        peerChannel.shutdownNow();
      }
      NOT_BUILT.forEach(row -> report.figure("not built", "%s", row));
      ELSEWHERE.forEach(row -> report.figure("tested elsewhere", "%s", row));
      report.figure("rows", "%d, %d of them not as expected", rows, wrong);
      cluster.checkEqualStates(report);
    }
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .maxInboundMessageSize(64 << 20)
        .disableRetry()
        .build();
  }

  private static PeerInputs peers(Cluster cluster, int leader, int target, ManagedChannel channel)
      throws IOException {
    String met = Files.readString(cluster.dataDir(leader).resolve("met"));
    MemberStatus status = cluster.status(target).orElseThrow();
    return new PeerInputs(
        channel,
        status.header().clusterId(),
        status.header().memberId(),
        status.header().leaderId(),
        status.header().term(),
        status.lastIndex(),
        met.split(" ")[1]);
  }

  private void send(String group, List<BadInputRow> inputs, Watched watched, Report report)
      throws IOException, InterruptedException {
    report.progress("%s", group);
    watched.settle();
    Watched.Figures before = watched.figures();
    for (BadInputRow row : inputs) {
      String answer = row.send();
      boolean isExpected = row.isExpected(answer);
      String harm = watched.harm();
      rows++;
      wrong += isExpected ? 0 : 1;
      report.row(row.name(), answer);
      if (!isExpected) {
        report.check(row.name(), false, "expected " + row.expected());
      }
      if (!harm.isEmpty()) {
        report.check("served after: " + row.name(), false, harm);
      }
    }
    flat(group, before, watched, report);
  }

  /** What was taken has to be given back, in time. */
  private static void flat(String group, Watched.Figures before, Watched watched, Report report)
      throws IOException, InterruptedException {
    Watched.Figures after = watched.figures();
    for (int i = 0; i < SETTLE_SECONDS_MAX && !isFlat(before, after); i++) {
      TimeUnit.SECONDS.sleep(1);
      after = watched.figures();
    }
    report.check("flat after " + group + ", " + after, isFlat(before, after), "before: " + before);
  }

  private static boolean isFlat(Watched.Figures before, Watched.Figures after) {
    return after.descriptors() <= before.descriptors() + DESCRIPTORS_MORE_MAX
        && after.heapBytes() <= before.heapBytes() + HEAP_MORE_BYTES_MAX;
  }
}
