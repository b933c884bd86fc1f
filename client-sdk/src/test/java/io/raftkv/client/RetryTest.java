package io.raftkv.client;

import static io.raftkv.client.FakeMember.SILENCE;
import static io.raftkv.client.FakeMember.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Duration;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which failures are tried again, and which outcome the others state; without a session, which
 * makes more of it safe.
 */
@Timeout(60)
class RetryTest {
  private final FakeCluster cluster =
      new FakeCluster(FakeCluster.PATIENT.withoutSession()).learned();

  @AfterEach
  void close() {
    cluster.close();
  }

  @ParameterizedTest
  @CsvSource({
    "NO_LEADER, UNAVAILABLE",
    "NOT_READY, UNAVAILABLE",
    "SNAPSHOT_INSTALLING, UNAVAILABLE",
    "SHUTTING_DOWN, UNAVAILABLE",
    "QUEUE_FULL, RESOURCE_EXHAUSTED",
    "MEMORY_PRESSURE, RESOURCE_EXHAUSTED",
  })
  void aWriteIsSentAgainIfItCertainlyDidNotHappen(String reason, Code code) {
    cluster.leader.script(error(code, reason, "not_applied", Map.of()));

    assertThat(cluster.client.put("k", "v").modRevision()).isEqualTo(42);
    assertThat(cluster.count(PutRequest.class)).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "LEADERSHIP_LOST, UNAVAILABLE",
    "TIMEOUT, DEADLINE_EXCEEDED",
    "NO_LEADER, UNAVAILABLE",
    "SHUTTING_DOWN, UNAVAILABLE",
    "INTERNAL_ERROR, INTERNAL",
  })
  void aWriteOfUnknownOutcomeIsNeverSentAgain(Reason reason, Code code) {
    cluster.leader.script(error(code, reason.name(), "unknown", Map.of()));

    KvException e = failure(() -> cluster.client.put("k", "v"));

    assertThat(e.reason()).isEqualTo(reason);
    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
  }

  @Test
  void anErrorThatDoesNotStateItsOutcomeIsUnknownToAWrite() {
    cluster.leader.script(error(Code.UNAVAILABLE, "NO_LEADER", "", Map.of()));

    assertThat(failure(() -> cluster.client.put("k", "v")).isOutcomeUnknown()).isTrue();
    assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UNAVAILABLE", "INTERNAL", "UNKNOWN", "CANCELLED", "RESOURCE_EXHAUSTED"})
  void aBareStatusAfterTheRequestLeftIsUnknownToAWrite(String code) {
    cluster.leader.script(Status.fromCode(Code.valueOf(code)).asRuntimeException());

    assertThat(failure(() -> cluster.client.put("k", "v")).isOutcomeUnknown()).isTrue();
    assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
  }

  @Test
  void deletesAndTransfersFollowTheRuleOfWrites() {
    var lost = error(Code.UNAVAILABLE, "LEADERSHIP_LOST", "unknown", Map.of());
    cluster.leader.script(lost, lost);

    assertThat(failure(() -> cluster.client.delete("k")).isOutcomeUnknown()).isTrue();
    assertThat(cluster.count(DeleteRequest.class)).isEqualTo(1);
    cluster.learned();
    cluster.leader.script(lost);
    assertThat(failure(() -> cluster.client.cluster().transferLeadership(2)).isOutcomeUnknown())
        .isTrue();
    assertThat(cluster.count(TransferLeadershipRequest.class)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "LEADERSHIP_LOST, UNAVAILABLE, unknown",
    "NO_LEADER, UNAVAILABLE, not_applied",
    "STALE, UNAVAILABLE, read",
    "TIMEOUT, DEADLINE_EXCEEDED, unknown",
    "QUEUE_FULL, RESOURCE_EXHAUSTED, not_applied",
  })
  void aReadIsSentAgainWheneverThatMayHelp(String reason, Code code, String outcome) {
    cluster.leader.script(error(code, reason, outcome, Map.of()));

    assertThat(cluster.client.get("k").isPresent()).isFalse();
    assertThat(cluster.count(GetRequest.class)).isEqualTo(2);
  }

  @Test
  void aReadSurvivesABrokenConnection() {
    cluster.leader.script(Status.UNAVAILABLE.asRuntimeException());

    assertThat(cluster.client.get("k").header().memberId()).isEqualTo(2);
  }

  @Test
  void aServerThatDiesWithTheWriteInItsHandsLeavesTheOutcomeUnknown() throws Exception {
    cluster.leader.behaviour = request -> SILENCE;
    CompletableFuture<PutResult> put =
        cluster.client.putAsync(ByteSequence.of("k"), ByteSequence.of("v"), PutOptions.DEFAULT);
    while (cluster.leader.count(PutRequest.class) == 0) {
      Thread.onSpinWait();
    }

    cluster.leader.stop();

    assertThatThrownBy(put::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            KvException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.CONNECTION_LOST);
              assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
            });
    assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
  }

  @Test
  void withoutALeaderTheServersRetryDelayDoesNotHoldTheFailoverUp() {
    Duration longerThanTheCall = Duration.newBuilder().setSeconds(3_000).build();
    cluster.leader.script(
        error(Code.UNAVAILABLE, "NO_LEADER", "not_applied", Map.of(), longerThanTheCall));

    assertThat(cluster.client.put("k", "v").modRevision()).isEqualTo(42);
  }

  @Test
  void theRetryDelayOfAFullServerIsKept() {
    Duration longerThanTheCall = Duration.newBuilder().setSeconds(3_000).build();
    cluster.leader.script(
        error(Code.RESOURCE_EXHAUSTED, "QUEUE_FULL", "not_applied", Map.of(), longerThanTheCall));

    KvException e = failure(() -> cluster.client.put("k", "v"));

    assertThat(e.reason()).isEqualTo(Reason.QUEUE_FULL);
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
  }

  @Test
  void aFailedConditionIsFinalAndCarriesTheRevision() {
    cluster.leader.script(
        error(
            Code.FAILED_PRECONDITION,
            "CONDITION_FAILED",
            "not_applied",
            Map.of("mod_revision", "17")));

    KvException e =
        failure(() -> cluster.client.put("k", "v", PutOptions.DEFAULT.withIfRevision(3)));

    assertThat(e.reason()).isEqualTo(Reason.CONDITION_FAILED);
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    assertThat(e.modRevision()).hasValue(17);
    assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
  }

  @Test
  void aCompactedRevisionSaysWhereToStartAgain() {
    cluster.leader.script(
        error(Code.OUT_OF_RANGE, "COMPACTED", "read", Map.of("revision", "1000")));

    KvException e = failure(() -> cluster.client.get("k"));

    assertThat(e.outcome()).isEqualTo(Outcome.READ);
    assertThat(e.revision()).hasValue(1000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"KEY_EMPTY", "DISK_FULL", "CORRUPT", "UNIMPLEMENTED_IN_THIS_CLIENT"})
  void whatRepetitionCannotCureIsNotRepeated(String reason) {
    cluster.leader.script(error(Code.INVALID_ARGUMENT, reason, "not_applied", Map.of()));

    KvException e = failure(() -> cluster.client.put("k", "v"));

    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    assertThat(e.getMessage()).contains(reason);
    assertThat(cluster.count(PutRequest.class)).isEqualTo(1);
  }

  @Test
  void aMessageIsOneLineThatSaysWhatAndWhere() {
    cluster.leader.script(
        Status.INTERNAL.withDescription("first\nsecond\r\n\u001b[31mred").asRuntimeException());

    KvException e = failure(() -> cluster.client.put("k", "v"));

    assertThat(e.getMessage())
        .isEqualTo(
            "put at %s: INTERNAL: first second [31mred (INTERNAL_ERROR);"
                    .formatted(cluster.leader.endpoint())
                + " it may have happened or not: read before you repeat it");
  }

  private static KvException failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    KvException e = catchThrowableOfType(KvException.class, call);
    assertThat(e).isNotNull();
    return e;
  }
}
