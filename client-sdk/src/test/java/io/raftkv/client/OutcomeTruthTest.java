package io.raftkv.client;

import static io.raftkv.client.FakeMember.SILENCE;
import static io.raftkv.client.FakeMember.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.raftkv.proto.v1.PutRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two members that answer, refuse, fall silent and die as a seed says, and a client without a
 * session. Whatever it tells its caller about a write has to agree with what the members saw.
 */
@Timeout(60)
class OutcomeTruthTest {
  private static final int WRITES = 300;

  /** What the members did with the write of one key. */
  private static final class Fate {
    final AtomicInteger arrived = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();
  }

  private final Map<String, Fate> fates = new ConcurrentHashMap<>();
  private final Map<String, Object> told = new ConcurrentHashMap<>();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatIsToldAboutAWriteIsTrue(long seed) {
    ClientOptions options =
        ClientOptions.of("127.0.0.1:1")
            .withAttemptTimeout(Duration.ofMillis(40))
            .withTimeout(Duration.ofMillis(400))
            .withoutSession();
    Random random = new Random(seed);
    try (FakeCluster cluster = new FakeCluster(options)) {
      cluster.leader.behaviour = request -> answer(cluster.leader, request, seed);
      cluster.follower.behaviour = request -> answer(cluster.follower, request, seed);

      for (int round = 0; round < 6; round++) {
        int from = round * WRITES / 6;
        List<CompletableFuture<Void>> checks =
            IntStream.range(from, from + WRITES / 6)
                .mapToObj(i -> write(cluster.client, "key-" + i))
                .toList();
        FakeMember victim = random.nextBoolean() ? cluster.leader : cluster.follower;
        victim.stop();
        CompletableFuture.allOf(checks.subList(0, 20).toArray(CompletableFuture[]::new)).join();
        victim.start();
        CompletableFuture.allOf(checks.toArray(CompletableFuture[]::new)).join();
      }
    }
    // The members are gone: nothing can arrive any more.
    assertThat(told).hasSize(WRITES);
    told.keySet().forEach(this::check);
    assertThat(told.values())
        .as("otherwise the seed tries too little")
        .contains("done", Outcome.UNKNOWN);
  }

  private Object answer(FakeMember member, Object request, long seed) {
    if (!(request instanceof PutRequest put)) {
      return member.answer(request);
    }
    String key = put.getKey().toStringUtf8();
    Fate fate = fates.computeIfAbsent(key, k -> new Fate());
    int arrival = fate.arrived.incrementAndGet();
    int dice = new Random(seed * 31 + key.hashCode() * 7919L + arrival).nextInt(100);
    if (dice < 40) {
      fate.refused.incrementAndGet();
      String reason = dice < 20 ? "NO_LEADER" : "SHUTTING_DOWN";
      return error(Code.UNAVAILABLE, reason, "not_applied", Map.of());
    } else if (dice < 45) {
      return error(Code.UNAVAILABLE, "LEADERSHIP_LOST", "unknown", Map.of());
    } else if (dice < 50) {
      return Status.UNAVAILABLE.asRuntimeException();
    } else if (dice < 53) {
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

  private void check(String key) {
    Fate fate = fates.computeIfAbsent(key, k -> new Fate());
    int notRefused = fate.arrived.get() - fate.refused.get();
    assertThat(notRefused).as("%s was sent again without need", key).isLessThan(2);
    Object claim = told.get(key);
    if (claim == Outcome.NOT_APPLIED) {
      assertThat(notRefused).as("%s, told as not applied", key).isZero();
    } else if (claim != Outcome.UNKNOWN) {
      assertThat(claim).isEqualTo("done");
      assertThat(notRefused).as("%s, told as done", key).isEqualTo(1);
    }
  }
}
