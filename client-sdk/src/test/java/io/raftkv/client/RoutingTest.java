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
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom calls are sent to, and what happens when that member is gone, hung or not the leader. */
@Timeout(90)
class RoutingTest {
  /** For tests of silence; a member that is well answers sooner, also on a busy machine. */
  private static final ClientOptions QUICK =
      FakeCluster.PATIENT.withAttemptTimeout(Duration.ofSeconds(1));

  private static final ByteSequence KEY = ByteSequence.of("k");
  private static final GetOptions LOCAL = GetOptions.DEFAULT.withConsistency(Consistency.LOCAL);

  @Test
  void writesAndLinearizableReadsGoToTheLeaderThatAHeaderNamed() {
    try (FakeCluster cluster = new FakeCluster().learned()) {
      for (int i = 0; i < 5; i++) {
        cluster.client.put("k", "v");
        cluster.client.get("k");
        cluster.client.count(KeyRange.all(), GetOptions.DEFAULT);
      }

      assertThat(cluster.follower.received).isEmpty();
      // One more opened the session.
      assertThat(cluster.leader.received).hasSize(16);
    }
  }

  @Test
  void aLeaderThatIsNoEndpointIsLearnedAndUsed() {
    try (FakeMember leader = new FakeMember(1).leads();
        FakeMember follower = new FakeMember(2).follows(leader);
        KvClient client = FakeCluster.clientOf(follower)) {
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
        KvClient client = FakeCluster.clientOf(follower)) {
      client.get("k");
      follower.stop();

      assertThat(client.get("k").header().memberId()).isEqualTo(1);
      GetOptions session = GetOptions.DEFAULT.withRead(ReadOptions.session(42));
      assertThat(client.get(KEY, session).header().memberId()).isEqualTo(1);
    }
  }

  @Test
  void localReadsAskConfiguredMembersOnly() {
    try (FakeMember leader = new FakeMember(1).leads();
        FakeMember follower = new FakeMember(2).follows(leader);
        KvClient client = FakeCluster.clientOf(follower)) {
      var notReady =
          error(Code.UNAVAILABLE, "NOT_READY", "not_applied", FakeMember.hint(leader, 1));
      follower.script(notReady, notReady);

      assertThat(client.get(KEY, LOCAL).header().memberId()).isEqualTo(2);
      follower.stop();
      assertThatThrownBy(() -> client.get(KEY, LOCAL.withTimeout(Duration.ofMillis(500))))
          .isInstanceOf(KvException.class);
      assertThat(leader.count(GetRequest.class)).isZero();
    }
  }

  @Test
  void theLeaderThatAnErrorNamesIsAskedNext() {
    try (FakeMember leader = new FakeMember(1).leads();
        FakeMember follower = new FakeMember(2);
        KvClient client = FakeCluster.clientOf(follower)) {
      follower.script(
          error(Code.UNAVAILABLE, "NO_LEADER", "not_applied", FakeMember.hint(leader, 3)));

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
      for (int i = 0; i < 6; i++) {
        cluster.client.get(KEY, LOCAL);
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
        KvClient client = FakeCluster.clientOf(member)) {
      client.put("k", "v");
      member.stop();
      GetOptions brief = GetOptions.DEFAULT.withTimeout(Duration.ofMillis(700));
      for (int i = 0; i < 5; i++) {
        // Enough failures for the channel's own backoff to pass two seconds by far.
        assertThatThrownBy(() -> client.get(KEY, brief)).isInstanceOf(KvException.class);
      }

      member.start();
      long startNanos = System.nanoTime();

      assertThat(client.put("k", "v").modRevision()).isEqualTo(42);
      assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
          .isLessThan(Duration.ofSeconds(2));
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
      cluster.client.maintenance().status(cluster.follower.endpoint());
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

  /** The others are in an election, and will have a leader soon; the silent one hangs. */
  @Test
  void aMemberThatIsSilentIsNotAskedWhileOthersSayThatThereIsNoLeader() {
    try (FakeMember other = new FakeMember(3);
        FakeCluster cluster = new FakeCluster(QUICK, other)) {
      other.follows(cluster.leader);
      cluster.learned();
      cluster.leader.behaviour = request -> SILENCE;
      cluster.client.get("k");
      cluster.leader.received.clear();
      var none = error(Code.UNAVAILABLE, "NO_LEADER", "not_applied", Map.of());
      for (FakeMember member : List.of(cluster.follower, other)) {
        member.script(none, none, none);
      }

      cluster.client.put("k", "v");

      assertThat(cluster.leader.count(PutRequest.class)).isZero();
    }
  }

  @Test
  void aWriteWithoutSessionThatHangsFailsAtItsDeadlineAsUnknownAndIsNotSentAgain() {
    try (FakeCluster cluster = new FakeCluster(QUICK.withoutSession()).learned()) {
      cluster.leader.behaviour = request -> SILENCE;
      PutOptions brief = PutOptions.DEFAULT.withTimeout(Duration.ofSeconds(2));

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
        KvClient client = FakeCluster.clientOf(member)) {
      client.put("k", "v");
      member.received.clear();
      Map<String, String> hint =
          Map.of(
              "leader_id", "2",
              "leader_address", "127.0.0.1:" + stopped.getLocalPort(),
              "term", "3");
      member.script(error(Code.UNAVAILABLE, "NO_LEADER", "not_applied", hint));

      PutOptions brief = PutOptions.DEFAULT.withTimeout(Duration.ofSeconds(2));
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

      GetOptions twentySeconds = GetOptions.DEFAULT.withTimeout(Duration.ofSeconds(20));
      assertThat(client.get(KEY, twentySeconds).header().memberId()).isEqualTo(1);
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
              KvException.class,
              // The connection may break under the request.
              e -> assertThat(e.reason()).isIn(Reason.UNREACHABLE, Reason.CONNECTION_LOST));
      assertThat(cluster.leader.count(StatusRequest.class)).isZero();
    }
  }

  @Test
  void anEvictedMemberFinishesWhatIsUnderWay() {
    try (FakeMember leader = new FakeMember(1).leads();
        FakeMember follower = new FakeMember(2).follows(leader);
        KvClient client = FakeCluster.clientOf(follower)) {
      client.get("k");
      CompletableFuture<Object> answer = new CompletableFuture<>();
      leader.behaviour = request -> answer;
      CompletableFuture<PutResult> put =
          client.putAsync(KEY, ByteSequence.of("v"), PutOptions.DEFAULT);
      PutRequest request = (PutRequest) leader.firstReceived.join();

      // More leaders than a client keeps connections to.
      for (int port = 1; port <= 20; port++) {
        follower.leaderId = 100 + port;
        follower.leaderAddress = "127.0.0.1:" + port;
        follower.term++;
        client.maintenance().status(follower.endpoint());
      }
      answer.complete(leader.answer(request));

      assertThat(put.join().modRevision()).isEqualTo(42);
    }
  }
}
