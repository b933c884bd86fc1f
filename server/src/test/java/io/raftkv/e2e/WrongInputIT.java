package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.MemberStatus;
import io.raftkv.e2e.input.BadInputRow;
import io.raftkv.e2e.input.ConnectionInputs;
import io.raftkv.e2e.input.Mutants;
import io.raftkv.e2e.input.PeerInputs;
import io.raftkv.e2e.input.RequestInputs;
import io.raftkv.e2e.input.SessionAndMemberInputs;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever arrives on its sockets, a member says what is wrong, or hangs up, and goes on. What
 * takes longer, and what a member holds afterwards, is in the run {@code bad-input}.
 */
final class WrongInputIT {
  private static final int MUTANTS = 2_000;

  @TempDir static Path folder;
  private static KvdCluster cluster;
  private static ManagedChannel channel;
  private static ManagedChannel peerChannel;
  private static int writes;

  @BeforeAll
  static void startOneMember() {
    cluster = new KvdCluster(folder, 1).start();
    channel = channel(cluster.endpoint(0).port());
    peerChannel = channel(cluster.peerPort(0));
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .maxInboundMessageSize(64 << 20)
        .build();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    peerChannel.shutdownNow();
    cluster.close();
  }

  private static void assertServesAsBefore() {
    assertThat(cluster.process(0).isAlive()).isTrue();
    // Anew each time: a mutant may be a good request, and delete everything.
    String value = "value " + ++writes;
    cluster.client().put("watched", value);
    assertThat(cluster.client().get("watched").value()).contains(ByteSequence.of(value));
    assertThat(cluster.process(0).stderrText()).doesNotContain("ERROR", "Exception");
  }

  private static Stream<DynamicTest> tests(List<BadInputRow> rows) {
    return rows.stream().map(row -> DynamicTest.dynamicTest(row.name(), () -> send(row)));
  }

  private static void send(BadInputRow row) throws InterruptedException {
    String answer = row.send();

    assertThat(answer).matches(row.expected());
    assertServesAsBefore();
  }

  @TestFactory
  Stream<DynamicTest> requests() {
    return tests(new RequestInputs(channel).rows());
  }

  @TestFactory
  Stream<DynamicTest> sessionsAndMembers() {
    SessionAndMemberInputs inputs = new SessionAndMemberInputs(channel);
    return Stream.concat(tests(inputs.sessionRows()), tests(inputs.memberRows()));
  }

  @TestFactory
  Stream<DynamicTest> mutants() {
    return tests(List.of(new Mutants(channel, MUTANTS, 7).row()));
  }

  @TestFactory
  Stream<DynamicTest> strangersOnThePeerPort() {
    MemberStatus status = cluster.status(0);
    long self = status.header().memberId();
    PeerInputs inputs =
        new PeerInputs(
            peerChannel,
            status.header().clusterId(),
            self,
            self + 1,
            status.header().term(),
            status.lastIndex(),
            "1");
    return Stream.concat(
        tests(inputs.strangers()),
        Stream.of(
            DynamicTest.dynamicTest(
                "the term is the same",
                () ->
                    assertThat(cluster.status(0).header().term())
                        .isEqualTo(status.header().term()))));
  }

  @TestFactory
  Stream<DynamicTest> connections() {
    return tests(
        new ConnectionInputs(channel, cluster.endpoint(0).port(), cluster.peerPort(0)).quickRows());
  }

  @Test
  void connectionsThatSayNothingDoNotKeepOthersOut() throws IOException {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 500; i++) {
        silent.add(new Socket("127.0.0.1", cluster.endpoint(0).port()));
      }

      assertThat(cluster.client().put("beside", "them").modRevision()).isPositive();
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }
}
