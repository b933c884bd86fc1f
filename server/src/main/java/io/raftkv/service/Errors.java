package io.raftkv.service;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.MessageLite;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.wire.ErrorInfo;
import io.raftkv.proto.wire.Metadata;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.node.NodeStatus;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The error table: what each reason is on the wire. For any thread. */
final class Errors {
  static final String DOMAIN = "raftkv";

  private static final String ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";
  private static final String RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

  private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

  /**
   * A row.
   *
   * @param retryMillis when to try again; 0: the error does not say
   */
  record Row(Status.Code code, Outcome outcome, long retryMillis) {}

  private static final Map<Reason, Row> TABLE = new EnumMap<>(Reason.class);

  static {
    row(Reason.NO_LEADER, Status.Code.UNAVAILABLE, Outcome.NOT_APPLIED, 100);
    row(Reason.NOT_READY, Status.Code.UNAVAILABLE, Outcome.NOT_APPLIED, 200);
    row(Reason.SNAPSHOT_INSTALLING, Status.Code.UNAVAILABLE, Outcome.NOT_APPLIED, 1_000);
    row(Reason.SHUTTING_DOWN, Status.Code.UNAVAILABLE, Outcome.NOT_APPLIED, 100);
    row(Reason.LEADERSHIP_LOST, Status.Code.UNAVAILABLE, Outcome.UNKNOWN, 0);
    row(Reason.TIMEOUT, Status.Code.DEADLINE_EXCEEDED, Outcome.UNKNOWN, 0);
    row(Reason.QUEUE_FULL, Status.Code.RESOURCE_EXHAUSTED, Outcome.NOT_APPLIED, 50);
    row(Reason.MEMORY_PRESSURE, Status.Code.RESOURCE_EXHAUSTED, Outcome.NOT_APPLIED, 500);
    row(Reason.DISK_FULL, Status.Code.RESOURCE_EXHAUSTED, Outcome.NOT_APPLIED, 5_000);
    row(Reason.QUOTA_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED, Outcome.NOT_APPLIED, 5_000);
    row(Reason.CONDITION_FAILED, Status.Code.FAILED_PRECONDITION, Outcome.NOT_APPLIED, 0);
    row(Reason.NOT_UTF8, Status.Code.FAILED_PRECONDITION, Outcome.READ, 0);
    row(Reason.SESSION_EXPIRED, Status.Code.FAILED_PRECONDITION, Outcome.UNKNOWN, 0);
    row(Reason.SESSION_UNKNOWN, Status.Code.FAILED_PRECONDITION, Outcome.NOT_APPLIED, 0);
    row(Reason.SEQUENCE_TOO_OLD, Status.Code.FAILED_PRECONDITION, Outcome.UNKNOWN, 0);
    row(Reason.COMPACTED, Status.Code.OUT_OF_RANGE, Outcome.READ, 0);
    row(Reason.FUTURE_REVISION, Status.Code.OUT_OF_RANGE, Outcome.READ, 0);
    row(Reason.STALE, Status.Code.UNAVAILABLE, Outcome.READ, 50);
    row(Reason.KEY_EMPTY, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.KEY_TOO_LARGE, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.VALUE_TOO_LARGE, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.REQUEST_TOO_LARGE, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.TOO_MANY_OPERATIONS, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.DUPLICATE_KEY, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.BAD_RANGE, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.BAD_PAGE_TOKEN, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.BAD_LIMIT, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.BAD_REVISION, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.BAD_DURATION, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.BAD_CONSISTENCY, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.MALFORMED_REQUEST, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.BAD_REQUEST_ID, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.NAME_TOO_LARGE, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.MEMBER_NOT_FOUND, Status.Code.NOT_FOUND, Outcome.NOT_APPLIED, 0);
    row(Reason.TRANSFER_FAILED, Status.Code.FAILED_PRECONDITION, Outcome.NOT_APPLIED, 0);
    row(Reason.CONFIG_CONFLICT, Status.Code.ABORTED, Outcome.NOT_APPLIED, 0);
    row(Reason.CHANGE_IN_PROGRESS, Status.Code.FAILED_PRECONDITION, Outcome.NOT_APPLIED, 200);
    row(Reason.UNSAFE_CHANGE, Status.Code.FAILED_PRECONDITION, Outcome.NOT_APPLIED, 0);
    row(Reason.NOT_CAUGHT_UP, Status.Code.FAILED_PRECONDITION, Outcome.NOT_APPLIED, 1_000);
    row(Reason.LAST_VOTER, Status.Code.FAILED_PRECONDITION, Outcome.NOT_APPLIED, 0);
    row(Reason.MEMBER_EXISTS, Status.Code.ALREADY_EXISTS, Outcome.NOT_APPLIED, 0);
    row(Reason.BAD_MEMBER, Status.Code.INVALID_ARGUMENT, Outcome.NOT_APPLIED, 0);
    row(Reason.CORRUPT, Status.Code.DATA_LOSS, Outcome.UNKNOWN, 0);
    row(Reason.INTERNAL_ERROR, Status.Code.INTERNAL, Outcome.UNKNOWN, 0);
  }

  private static void row(Reason reason, Status.Code code, Outcome outcome, long retryMillis) {
    TABLE.put(reason, new Row(code, outcome, retryMillis));
  }

  private final Headers headers;

  Errors(Headers headers) {
    this.headers = headers;
  }

  static Row row(Reason reason) {
    Row row = TABLE.get(reason);
    if (row == null) {
      throw new IllegalArgumentException("no row for " + reason);
    }
    return row;
  }

  /**
   * What a failure means to the client.
   *
   * @param hasEffect whether the request changes anything; if not, losing the leader or the time
   *     leaves nothing unknown
   */
  static Refusal refusal(Throwable failure, boolean hasEffect) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof Refusal refusal) {
      return refusal;
    }
    if (cause instanceof RaftException raft) {
      return ofRaft(raft, hasEffect);
    }
    Outcome outcome = hasEffect ? Outcome.UNKNOWN : Outcome.READ;
    if (cause instanceof CancellationException) {
      return Refusal.of(Reason.TIMEOUT, outcome, "no answer in time");
    }
    LOG.error("a request failed for a defect", cause);
    return Refusal.of(
        Reason.INTERNAL_ERROR, outcome, "internal error: " + cause.getClass().getSimpleName());
  }

  private static Refusal ofRaft(RaftException raft, boolean hasEffect) {
    Reason reason =
        switch (raft.reason()) {
          case NO_LEADER, TRANSFERRING -> Reason.NO_LEADER;
          // A read that was not confirmed has read nothing: like finding no leader, it is retried.
          case LEADERSHIP_LOST -> hasEffect ? Reason.LEADERSHIP_LOST : Reason.NO_LEADER;
          case TIMEOUT -> hasEffect ? Reason.TIMEOUT : Reason.NO_LEADER;
          case STOPPED -> hasEffect ? Reason.LEADERSHIP_LOST : Reason.SHUTTING_DOWN;
          case QUEUE_FULL -> Reason.QUEUE_FULL;
          case SHUTTING_DOWN -> Reason.SHUTTING_DOWN;
          case TRANSFER_FAILED -> Reason.TRANSFER_FAILED;
          case MEMBER_NOT_FOUND -> Reason.MEMBER_NOT_FOUND;
          case UNKNOWN_COMMAND -> Reason.INTERNAL_ERROR;
          case DISK_FULL -> Reason.DISK_FULL;
          case CONFIG_CONFLICT -> Reason.CONFIG_CONFLICT;
          case CHANGE_IN_PROGRESS -> Reason.CHANGE_IN_PROGRESS;
          case UNSAFE_CHANGE -> Reason.UNSAFE_CHANGE;
          case NOT_CAUGHT_UP -> Reason.NOT_CAUGHT_UP;
          case LAST_VOTER -> Reason.LAST_VOTER;
          case MEMBER_EXISTS -> Reason.MEMBER_EXISTS;
        };
    if (raft.reason() == RaftException.Reason.UNKNOWN_COMMAND) {
      return Refusal.of(reason, Outcome.NOT_APPLIED, String.valueOf(raft.getMessage()));
    }
    return Refusal.of(reason, String.valueOf(raft.getMessage()));
  }

  /** As it goes to the client. */
  StatusRuntimeException status(Refusal refusal) {
    return status(refusal, row(refusal.reason()).code());
  }

  /** As it goes to the client, with the code that gRPC has for what it sees first. */
  StatusRuntimeException status(Refusal refusal, Status.Code code) {
    Row row = row(refusal.reason());
    ErrorInfo.Builder info =
        ErrorInfo.newBuilder().setDomain(DOMAIN).setReason(refusal.reason().name());
    refusal.metadata().forEach((name, value) -> put(info, name, value));
    put(info, "outcome", refusal.outcomeOr(row.outcome()).text());
    if (row.code() == Status.Code.UNAVAILABLE) {
      putLeader(info);
    }
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(code.value())
            .setMessage(refusal.reason().name() + ": " + refusal.getMessage())
            .addDetails(packed(ERROR_INFO, info.build()));
    if (row.retryMillis() > 0) {
      status.addDetails(
          packed(
              RETRY_INFO,
              RetryInfo.newBuilder().setRetryDelay(ofMillis(row.retryMillis())).build()));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  private void putLeader(ErrorInfo.Builder info) {
    NodeStatus status = headers.status();
    MemberId leader = status.leader();
    if (leader.isNone()) {
      return;
    }
    put(info, "term", Long.toString(status.term()));
    put(info, "leader_id", Long.toUnsignedString(leader.value()));
    headers.clientAddress(leader).ifPresent(address -> put(info, "leader_address", address));
  }

  private static void put(ErrorInfo.Builder info, String name, String value) {
    info.addMetadata(Metadata.newBuilder().setKey(name).setValue(value).build());
  }

  /** {@link Any#pack} asks a message's descriptor for what it is called. */
  private static Any packed(String type, MessageLite detail) {
    return Any.newBuilder().setTypeUrl(type).setValue(detail.toByteString()).build();
  }

  private static Duration ofMillis(long millis) {
    return Duration.newBuilder()
        .setSeconds(millis / 1_000)
        .setNanos((int) (millis % 1_000) * 1_000_000)
        .build();
  }
}
