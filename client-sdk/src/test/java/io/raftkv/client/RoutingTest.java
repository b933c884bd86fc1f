package io.raftkv.client;

import static io.raftkv.client.FakeMember.SILENCE;
import static io.raftkv.client.FakeMember.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status.Code;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.StatusRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom calls are sent to, and what happens when that member is gone, hung or not the leader. */
@Timeout(30)
class RoutingTest {
  private static final ClientOptions QUICK =
      ClientOptions.of("127.0.0.1:1").withAttemptTimeout(Duration.ofMillis(100));

  @Test
  void writesAndLinearizableReadsGoToTheLeaderThatAHeaderNamed() {
    try (FakeCluster cluster = new FakeCluster().learned()) {
      for (int i = 0; i < 5; i++) {
        cluster.client.put("k", "v");
        cluster.client.get("k");
        cluster.client.count(KeyRange.all(), GetOptions.DEFAULT);
      }

      assertThat(cluster.follower.received).isEmpty();
      assertThat(cluster.leader.received).hasSize(15);
    }
  }

  @Test
  void aLeaderThatIsNoEndpointIsLearnedAndUsed() {
    try (FakeMember leader = new FakeMember(1).leads();
        FakeMember follower = new FakeMember(2).follows(leader);
        KvClient client = KvClient.connect(follower.endpoint().toString())) {
      client.get("k");
      client.put("k", "v");

      assertThat(leader.count(PutRequest.class)).isEqualTo(1);
      assertThat(follower.count(PutRequest.class)).isZero();
    }
  }

  @Test
  void aLearnedLeaderIsAskedWhenTheOnlyEndpointIsGone() {
    try (FakeMember leader = new FakeMember(1).leads();
        FakeMember follower = new FakeMember(2).follows(leader);
        KvClient client = KvClient.connect(follower.endpoint().toString())) {
      client.get("k");
      follower.stop();

      GetOptions local = GetOptions.DEFAULT.withConsistency(Consistency.LOCAL);
      assertThat(client.get(ByteSequence.of("k"), local).header().memberId()).isEqualTo(1);
    }
  }

  @Test
  void theLeaderThatAnErrorNamesIsAskedNext() {
    try (FakeMember leader = new FakeMember(1).leads();
        FakeMember follower = new FakeMember(2);
        KvClient client = KvClient.connect(follower.endpoint().toString())) {
      follower.script(
          error(
              Code.UNAVAILABLE,
              "NO_LEADER",
              "not_applied",
              Map.of(
                  "leader_id", "1",
                  "leader_address", leader.endpoint().toString(),
                  "term", "3")));

      assertThat(client.put("k", "v").header().memberId()).isEqualTo(1);
    }
  }

  @Test
  void newsOfAnOlderTermDoNotMoveTheLeader() {
    try (FakeCluster cluster = new FakeCluster()) {
      cluster.leader.term = 5;
      cluster.learned();
      cluster.follower.term = 4;
      cluster.follower.leads();
      cluster.client.maintenance().status(cluster.follower.endpoint());

      cluster.client.put("k", "v");

      assertThat(cluster.leader.count(PutRequest.class)).isEqualTo(1);
    }
  }

  @Test
  void weakReadsStayWithOneMember() {
    try (FakeCluster cluster = new FakeCluster()) {
      GetOptions local = GetOptions.DEFAULT.withConsistency(Consistency.LOCAL);
      for (int i = 0; i < 6; i++) {
        cluster.client.get(ByteSequence.of("k"), local);
      }

      assertThat(List.of(cluster.leader.received.size(), cluster.follower.received.size()))
          .containsExactlyInAnyOrder(6, 0);
    }
  }

  @Test
  void aRefusedConnectionSendsTheWriteElsewhere() {
    try (FakeCluster cluster = new FakeCluster()) {
      cluster.leader.stop();
      // The follower still names it.
      assertThat(cluster.client.get("k").header().leaderId()).isEqualTo(1);

      assertThat(cluster.client.put("k", "v").header().memberId()).isEqualTo(2);
      assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
    }
  }

  @Test
  void aServerThatReturnsIsFoundWithinTwoSeconds() {
    try (FakeMember member = new FakeMember(1).leads();
        KvClient client = KvClient.connect(member.endpoint().toString())) {
      client.put("k", "v");
      member.stop();
      // A write could still be handed to the old connection; a read finds out that it is gone.
      GetOptions briefRead = GetOptions.DEFAULT.withTimeout(Duration.ofMillis(700));
      assertThatThrownBy(() -> client.get(ByteSequence.of("k"), briefRead))
          .isInstanceOf(KvException.class);
      PutOptions brief = PutOptions.DEFAULT.withTimeout(Duration.ofMillis(700));
      for (int i = 0; i < 4; i++) {
        // Enough failures for the channel's own backoff to pass two seconds.
        assertThatThrownBy(() -> client.put("k", "v", brief))
            .isInstanceOfSatisfying(
                KvException.class,
                e -> {
                  assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
                  assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                });
      }

      member.start();

      PutOptions twoSeconds = PutOptions.DEFAULT.withTimeout(Duration.ofSeconds(2));
      assertThat(client.put("k", "v", twoSeconds).modRevision()).isEqualTo(42);
    }
  }

  @Test
  void aReadLeavesAMemberThatDoesNotAnswer() {
    try (FakeCluster cluster = new FakeCluster(QUICK).learned()) {
      cluster.leader.behaviour = request -> SILENCE;

      assertThat(cluster.client.get("k").header().memberId()).isEqualTo(2);
    }
  }

  @Test
  void afterASilenceWritesPreferOthersUntilTheMemberAnswersAProbe() throws Exception {
    try (FakeCluster cluster = new FakeCluster(QUICK).learned()) {
      cluster.leader.behaviour = request -> SILENCE;
      cluster.client.get("k");
      cluster.follower.received.clear();
      cluster.leader.received.clear();

      cluster.client.put("k", "v");

      assertThat(cluster.follower.count(PutRequest.class)).isEqualTo(1);
      assertThat(cluster.leader.count(PutRequest.class)).isZero();

      cluster.leader.behaviour = cluster.leader::answer;
      while (cluster.leader.count(PutRequest.class) == 0) {
        cluster.client.put("k", "v");
      }
      assertThat(cluster.leader.count(StatusRequest.class)).isPositive();
    }
  }

  @Test
  void aWriteThatHangsFailsAtItsDeadlineAsUnknownAndIsNotSentAgain() {
    try (FakeCluster cluster = new FakeCluster(QUICK).learned()) {
      cluster.leader.behaviour = request -> SILENCE;
      PutOptions brief = PutOptions.DEFAULT.withTimeout(Duration.ofMillis(400));

      assertThatThrownBy(() -> cluster.client.put("k", "v", brief))
          .isInstanceOfSatisfying(
              KvException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.TIMEOUT);
                assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
                assertThat(e.isOutcomeUnknown()).isTrue();
                assertThat(e.endpoint()).contains(cluster.leader.endpoint());
              });
      assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
    }
  }

  @Test
  void aWriteLeavesAPortThatAcceptsButNeverSpeaks() throws IOException {
    // A stopped process: the kernel still accepts for it.
    try (ServerSocket stopped = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        FakeMember follower = new FakeMember(2)) {
      follower.leaderId = 1;
      follower.leaderAddress = "127.0.0.1:" + stopped.getLocalPort();
      try (KvClient client = KvClient.connect(QUICK.withEndpoints(List.of(follower.endpoint())))) {
        client.get("k");

        assertThat(client.put("k", "v").header().memberId()).isEqualTo(2);
        assertThat(follower.count(PutRequest.class)).isEqualTo(1);
      }
    }
  }

  @Test
  void aWriteThatWaitsForAConnectionUntilItsDeadlineTellsWhatStoodInTheWay() throws IOException {
    try (ServerSocket stopped = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        FakeMember member = new FakeMember(1);
        KvClient client = KvClient.connect(member.endpoint().toString())) {
      member.behaviour =
          request ->
              error(
                  Code.UNAVAILABLE,
                  "NO_LEADER",
                  "not_applied",
                  Map.of(
                      "leader_id", "2",
                      "leader_address", "127.0.0.1:" + stopped.getLocalPort(),
                      "term", "3"));

      PutOptions brief = PutOptions.DEFAULT.withTimeout(Duration.ofMillis(300));
      assertThatThrownBy(() -> client.put("k", "v", brief))
          .isInstanceOfSatisfying(
              KvException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.NO_LEADER);
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
              });
      assertThat(member.count(PutRequest.class)).isEqualTo(1);
    }
  }

  @Test
  void aConnectionIntoTheVoidIsReplacedWhileTheMemberIsWell() {
    try (FakeMember member = new FakeMember(1);
        Proxy proxy = new Proxy(member.endpoint());
        KvClient client = KvClient.connect(QUICK.withEndpoints(List.of(proxy.endpoint())))) {
      client.put("k", "v");

      proxy.swallow();

      GetOptions twoSeconds = GetOptions.DEFAULT.withTimeout(Duration.ofSeconds(2));
      assertThat(client.get(ByteSequence.of("k"), twoSeconds).header().memberId()).isEqualTo(1);
    }
  }

  @Test
  void statusAsksExactlyTheNamedMemberAndFailsSoonIfItIsGone() {
    try (FakeCluster cluster = new FakeCluster().learned()) {
      MemberStatus status = cluster.client.maintenance().status(cluster.follower.endpoint());
      assertThat(status.name()).isEqualTo("n2");
      assertThat(status.endpoint()).isEqualTo(cluster.follower.endpoint());

      cluster.follower.stop();

      assertThatThrownBy(() -> cluster.client.maintenance().status(cluster.follower.endpoint()))
          .isInstanceOfSatisfying(
              KvException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE));
      assertThat(cluster.leader.count(StatusRequest.class)).isZero();
    }
  }

  @Test
  void callsThatWaitForALeaderGoOnAsSoonAsOneIsKnown() {
    try (FakeCluster cluster = new FakeCluster().learned()) {
      var noLeader = error(Code.UNAVAILABLE, "NO_LEADER", "not_applied", Map.of());
      cluster.leader.script(noLeader, noLeader, noLeader);
      cluster.follower.behaviour = request -> noLeader;

      assertThat(cluster.client.get("k").header().memberId()).isEqualTo(1);
      assertThat(cluster.leader.count(GetRequest.class)).isEqualTo(4);
    }
  }
}
