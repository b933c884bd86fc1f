package io.raftkv.client;

import static io.raftkv.client.FakeMember.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status.Code;
import io.raftkv.proto.v1.PutRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long calls wait between their attempts while nobody leads, and what ends the wait. */
@Timeout(90)
class BackoffTest {
  private static final int CALLS = 20;

  @Test
  void callsThatWaitForALeaderGoOnAsSoonAsOneIsKnown() {
    try (FakeMember leader = new FakeMember(1);
        FakeMember follower = new FakeMember(2);
        KvClient client = FakeCluster.clientOf(follower)) {
      client.maintenance().status(leader.endpoint());
      follower.behaviour = refusingPuts(follower);
      List<CompletableFuture<PutResult>> puts = puts(client, CALLS, Duration.ofSeconds(30));
      // By now they wait for 125 ms and more.
      awaitPuts(follower, 7 * CALLS);

      leader.leads();
      leader.term = 2;
      follower.follows(leader);
      follower.term = 2;
      client.maintenance().status(follower.endpoint());

      // This one follows on the same stream what the news has set free.
      client.put("last", "");
      // Not all: one may be under way to the follower just then.
      assertThat(leader.count(PutRequest.class)).isGreaterThan(CALLS / 2);
      puts.forEach(CompletableFuture::join);
    }
  }

  @Test
  void aLeaderThatRefusesAndStillNamesItselfIsNotAskedWithoutPause() {
    try (FakeMember leader = new FakeMember(1).leads();
        KvClient client = FakeCluster.clientOf(leader)) {
      client.get("k");
      leader.behaviour = request -> leader.refusalOfTheLeader();

      puts(client, CALLS, Duration.ofSeconds(4)).forEach(BackoffTest::awaitFailure);

      // 10 ms doubling to 250 ms: about 27 rounds.
      assertThat(leader.count(PutRequest.class)).isLessThan(CALLS * 40);
    }
  }

  @Test
  void aLeaderThatIsFoundReplacesTheTimerOfTheBackoff() {
    try (FakeMember leader = new FakeMember(1);
        FakeMember follower = new FakeMember(2);
        KvClient client = FakeCluster.clientOf(follower)) {
      leader.behaviour = refusingPuts(leader);
      follower.behaviour = refusingPuts(follower);
      follower.follows(leader);
      List<CompletableFuture<PutResult>> puts = puts(client, 1, Duration.ofSeconds(4));
      awaitPuts(follower, 7);

      int elections = 50;
      for (int i = 0; i < elections; i++) {
        follower.term++;
        client.maintenance().status(follower.endpoint());
      }
      puts.forEach(BackoffTest::awaitFailure);

      // Both members once for each election, and once for each round of the usual backoff.
      long asked = leader.count(PutRequest.class) + follower.count(PutRequest.class);
      assertThat(asked).isLessThan(2 * (elections + 50));
    }
  }

  private static Function<Object, Object> refusingPuts(FakeMember member) {
    var noLeader = error(Code.UNAVAILABLE, "NO_LEADER", "not_applied", Map.of());
    return request -> request instanceof PutRequest ? noLeader : member.answer(request);
  }

  private static List<CompletableFuture<PutResult>> puts(
      KvClient client, int count, Duration timeout) {
    PutOptions options = PutOptions.DEFAULT.withTimeout(timeout);
    return IntStream.range(0, count)
        .mapToObj(i -> client.putAsync(ByteSequence.of("k" + i), ByteSequence.EMPTY, options))
        .toList();
  }

  private static void awaitPuts(FakeMember member, long count) {
    while (member.count(PutRequest.class) < count) {
      Thread.onSpinWait();
    }
  }

  private static void awaitFailure(CompletableFuture<PutResult> put) {
    assertThat(put.handle((result, failure) -> failure).join()).isInstanceOf(KvException.class);
  }
}
