package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.assertRefused;
import static io.raftkv.service.ServiceHarness.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status.Code;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.Reason;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.RaftException;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The error table of the API. */
final class ErrorsTest {
  private final ServiceHarness harness = new ServiceHarness();

  @AfterEach
  void close() {
    harness.close();
  }

  @ParameterizedTest
  @CsvSource({
    "NO_LEADER, UNAVAILABLE, not_applied, true",
    "NOT_READY, UNAVAILABLE, not_applied, true",
    "SNAPSHOT_INSTALLING, UNAVAILABLE, not_applied, true",
    "SHUTTING_DOWN, UNAVAILABLE, not_applied, true",
    "LEADERSHIP_LOST, UNAVAILABLE, unknown, false",
    "TIMEOUT, DEADLINE_EXCEEDED, unknown, false",
    "QUEUE_FULL, RESOURCE_EXHAUSTED, not_applied, true",
    "MEMORY_PRESSURE, RESOURCE_EXHAUSTED, not_applied, true",
    "DISK_FULL, RESOURCE_EXHAUSTED, not_applied, true",
    "QUOTA_EXCEEDED, RESOURCE_EXHAUSTED, not_applied, true",
    "CONDITION_FAILED, FAILED_PRECONDITION, not_applied, false",
    "NOT_UTF8, FAILED_PRECONDITION, read, false",
    "SESSION_EXPIRED, FAILED_PRECONDITION, unknown, false",
    "SESSION_UNKNOWN, FAILED_PRECONDITION, not_applied, false",
    "SEQUENCE_TOO_OLD, FAILED_PRECONDITION, unknown, false",
    "COMPACTED, OUT_OF_RANGE, read, false",
    "FUTURE_REVISION, OUT_OF_RANGE, read, false",
    "STALE, UNAVAILABLE, read, true",
    "KEY_EMPTY, INVALID_ARGUMENT, not_applied, false",
    "KEY_TOO_LARGE, INVALID_ARGUMENT, not_applied, false",
    "VALUE_TOO_LARGE, INVALID_ARGUMENT, not_applied, false",
    "REQUEST_TOO_LARGE, INVALID_ARGUMENT, not_applied, false",
    "TOO_MANY_OPERATIONS, INVALID_ARGUMENT, not_applied, false",
    "DUPLICATE_KEY, INVALID_ARGUMENT, not_applied, false",
    "BAD_RANGE, INVALID_ARGUMENT, not_applied, false",
    "BAD_PAGE_TOKEN, INVALID_ARGUMENT, not_applied, false",
    "BAD_LIMIT, INVALID_ARGUMENT, not_applied, false",
    "BAD_REVISION, INVALID_ARGUMENT, not_applied, false",
    "BAD_DURATION, INVALID_ARGUMENT, not_applied, false",
    "BAD_CONSISTENCY, INVALID_ARGUMENT, not_applied, false",
    "MALFORMED_REQUEST, INVALID_ARGUMENT, not_applied, false",
    "BAD_REQUEST_ID, INVALID_ARGUMENT, not_applied, false",
    "NAME_TOO_LARGE, INVALID_ARGUMENT, not_applied, false",
    "MEMBER_NOT_FOUND, NOT_FOUND, not_applied, false",
    "TRANSFER_FAILED, FAILED_PRECONDITION, not_applied, false",
    "CONFIG_CONFLICT, ABORTED, not_applied, false",
    "CHANGE_IN_PROGRESS, FAILED_PRECONDITION, not_applied, true",
    "UNSAFE_CHANGE, FAILED_PRECONDITION, not_applied, false",
    "NOT_CAUGHT_UP, FAILED_PRECONDITION, not_applied, true",
    "LAST_VOTER, FAILED_PRECONDITION, not_applied, false",
    "MEMBER_EXISTS, ALREADY_EXISTS, not_applied, false",
    "BAD_MEMBER, INVALID_ARGUMENT, not_applied, false",
    "CORRUPT, DATA_LOSS, unknown, false",
    "INTERNAL_ERROR, INTERNAL, unknown, false",
  })
  void everyReasonHasItsRow(Reason reason, Code code, String outcome, boolean saysWhenToRetry) {
    Errors errors = new Errors(harness.context.headers());
    var failure = failure(errors.status(Refusal.of(reason, "because")));
    assertThat(failure.status().getStatus().getCode()).isEqualTo(code);
    assertThat(failure.info().getReason()).isEqualTo(reason.name());
    assertThat(failure.metadata("outcome")).isEqualTo(outcome);
    assertThat(failure.retry().isPresent()).isEqualTo(saysWhenToRetry);
    assertThat(failure.status().getStatus().getDescription()).isEqualTo(reason + ": because");
  }

  @Test
  void noReasonIsWithoutARow() {
    Set<Reason> reasons =
        EnumSet.complementOf(EnumSet.of(Reason.REASON_UNSPECIFIED, Reason.UNRECOGNIZED));
    assertThat(reasons).allSatisfy(reason -> assertThat(Errors.row(reason)).isNotNull());
  }

  @ParameterizedTest
  @CsvSource({
    "NO_LEADER, NO_LEADER, not_applied",
    "TRANSFERRING, NO_LEADER, not_applied",
    "LEADERSHIP_LOST, LEADERSHIP_LOST, unknown",
    "QUEUE_FULL, QUEUE_FULL, not_applied",
    "SHUTTING_DOWN, SHUTTING_DOWN, not_applied",
    "TRANSFER_FAILED, TRANSFER_FAILED, not_applied",
    "MEMBER_NOT_FOUND, MEMBER_NOT_FOUND, not_applied",
    "TIMEOUT, TIMEOUT, unknown",
    "STOPPED, LEADERSHIP_LOST, unknown",
  })
  void failedWriteTellsWhetherItMayHaveTakenEffect(
      RaftException.Reason raft, Reason reason, String outcome) {
    harness.consensus.proposalFailure = new RaftException(raft, "so it is");
    assertRefused(() -> harness.put("a", "1"), reason, outcome);
  }

  @ParameterizedTest
  @EnumSource(RaftException.Reason.class)
  void outcomeOfAWriteIsUnknownExactlyWhenTheNodeSaysSo(RaftException.Reason raft) {
    harness.consensus.proposalFailure = new RaftException(raft, "so it is");
    assertThat(failure(() -> harness.put("a", "1")).metadata("outcome"))
        .isEqualTo(raft.isNotApplied() ? "not_applied" : "unknown");
  }

  @ParameterizedTest
  @CsvSource({
    "NO_LEADER, NO_LEADER",
    "LEADERSHIP_LOST, NO_LEADER",
    "TIMEOUT, NO_LEADER",
    "QUEUE_FULL, QUEUE_FULL",
    "SHUTTING_DOWN, SHUTTING_DOWN",
    "STOPPED, SHUTTING_DOWN",
  })
  void failedReadLeavesNothingUnknown(RaftException.Reason raft, Reason reason) {
    harness.consensus.barrierFailure = new RaftException(raft, "so it is");
    assertRefused(() -> harness.get("a"), reason, "not_applied");
  }

  @Test
  void defectIsAnInternalErrorWithUnknownOutcomeForAWrite() {
    harness.consensus.defect = new IllegalStateException("a secret of the server");
    var failure = assertRefused(() -> harness.put("a", "1"), Reason.INTERNAL_ERROR, "unknown");
    assertThat(failure.status().getMessage()).doesNotContain("secret");
    harness.assertNothingInFlight();
  }

  @Test
  void unavailableNamesTheLeaderIfItIsKnown() {
    harness.consensus.barrierFailure =
        new RaftException(RaftException.Reason.NO_LEADER, "no leader");
    harness.consensus.leader = SingleConsensus.OTHER;
    var known = failure(() -> harness.get("a"));
    assertThat(known.metadata("leader_id"))
        .isEqualTo(Long.toUnsignedString(SingleConsensus.OTHER.value()));
    assertThat(known.metadata("leader_address")).isEqualTo("host2:7400");

    harness.consensus.leader = MemberId.NONE;
    assertThat(failure(() -> harness.get("a")).info().getMetadataMap())
        .doesNotContainKeys("leader_id", "leader_address");
  }

  @Test
  void refusalsNeverRepeatBytesOfTheRequest() {
    String hostile = "\r\n\u001b[31m" + "x".repeat(5_000);
    var failure =
        failure(
            () -> {
              var unused =
                  harness.kv.get(
                      GetRequest.newBuilder().setKey(ServiceHarness.bytes(hostile)).build());
            });
    assertThat(failure.status().getMessage()).doesNotContain("xxx", "\n", "\u001b");
  }
}
