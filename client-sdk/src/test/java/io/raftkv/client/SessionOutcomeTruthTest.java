package io.raftkv.client;

import static io.raftkv.client.FakeMember.SILENCE;
import static io.raftkv.client.FakeMember.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RequestId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two members with one memory of sessions, that apply, refuse, lose what they answer, fall silent
 * and die as a seed says, and now and then end a session. What the client tells about a write has
 * to agree with what they did, and most writes have to succeed.
 */
@Timeout(120)
class SessionOutcomeTruthTest {
  private static final int WRITES = 300;

  // Guarded by this.
  private final Map<String, Integer> applied = new HashMap<>();
  private final Map<String, Integer> arrivals = new HashMap<>();
  private final Map<Long, Set<Long>> remembered = new HashMap<>();
  private final Map<Long, Long> firstOutstanding = new HashMap<>();
  private final Set<Long> ended = new HashSet<>();
  private long firstArrivals;

  private final Map<String, Object> told = new ConcurrentHashMap<>();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatIsToldAboutAWriteIsTrueAndItIsAppliedOnce(long seed) {
    ClientOptions options =
        ClientOptions.of("127.0.0.1:1")
            .withAttemptTimeout(Duration.ofMillis(40))
            .withTimeout(Duration.ofMillis(1_500));
    Random random = new Random(seed);
    try (FakeCluster cluster = new FakeCluster(options)) {
      cluster.leader.behaviour = request -> answer(cluster.leader, request, seed);
      cluster.follower.behaviour = request -> answer(cluster.follower, request, seed);

      for (int round = 0; round < 6; round++) {
        int from = round * WRITES / 6;
        List<CompletableFuture<Void>> writes =
            IntStream.range(from, from + WRITES / 6)
                .mapToObj(i -> write(cluster.client, "key-" + i))
                .toList();
        FakeMember victim = random.nextBoolean() ? cluster.leader : cluster.follower;
        victim.stop();
        CompletableFuture.allOf(writes.subList(0, 20).toArray(CompletableFuture[]::new)).join();
        victim.start();
        CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new)).join();
      }
    }
    assertThat(told).hasSize(WRITES);
    told.forEach(this::check);
    assertThat(told.values().stream().filter("done"::equals).count())
        .as("writes that succeed in spite of it all")
        .isGreaterThan(WRITES / 2);
    assertThat(ended).as("otherwise the seed tries too little").isNotEmpty();
  }

  private synchronized Object answer(FakeMember member, Object request, long seed) {
    if (!(request instanceof PutRequest put)) {
      return member.answer(request);
    }
    String key = put.getKey().toStringUtf8();
    int arrival = arrivals.merge(key, 1, Integer::sum);
    int dice = new Random(seed * 31 + key.hashCode() * 7919L + arrival).nextInt(100);
    if (dice < 20) {
      return error(Code.UNAVAILABLE, "NO_LEADER", "not_applied", Map.of());
    }
    RequestId id = put.getRequestId();
    if (arrival == 1 && ++firstArrivals % 101 == 0) {
      ended.add(id.getSessionId());
    }
    if (ended.contains(id.getSessionId())) {
      return error(Code.FAILED_PRECONDITION, "SESSION_EXPIRED", "unknown", Map.of());
    }
    if (dice < 25) {
      return error(Code.UNAVAILABLE, "LEADERSHIP_LOST", "unknown", Map.of());
    }
    long first = firstOutstanding.merge(id.getSessionId(), id.getFirstOutstanding(), Long::max);
    if (id.getSequence() < first) {
      return error(Code.FAILED_PRECONDITION, "SEQUENCE_TOO_OLD", "unknown", Map.of());
    }
    Set<Long> known = remembered.computeIfAbsent(id.getSessionId(), session -> new HashSet<>());
    if (known.add(id.getSequence())) {
      applied.merge(key, 1, Integer::sum);
    }
    // It is done; whether anybody hears of it is another matter.
    if (dice < 35) {
      return error(Code.UNAVAILABLE, "LEADERSHIP_LOST", "unknown", Map.of());
    } else if (dice < 40) {
      return Status.UNAVAILABLE.asRuntimeException();
    } else if (dice < 45) {
      return SILENCE;
    }
    return member.answer(request);
  }

  private CompletableFuture<Void> write(KvClient client, String key) {
    return client
        .putAsync(ByteSequence.of(key), ByteSequence.of("v"), PutOptions.DEFAULT)
        .handle(
            (result, failure) -> {
              told.put(key, failure == null ? "done" : ((KvException) failure).outcome());
              return null;
            });
  }

  private synchronized void check(String key, Object claim) {
    int times = applied.getOrDefault(key, 0);
    assertThat(times).as("%s was applied", key).isLessThan(2);
    if (claim == Outcome.NOT_APPLIED) {
      assertThat(times).as("%s, told as not applied", key).isZero();
    } else if (claim != Outcome.UNKNOWN) {
      assertThat(claim).isEqualTo("done");
      assertThat(times).as("%s, told as done", key).isEqualTo(1);
    }
  }
}
