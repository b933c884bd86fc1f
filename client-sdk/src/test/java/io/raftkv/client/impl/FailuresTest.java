package io.raftkv.client.impl;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailuresTest {
  /** What gRPC says when the member is killed just then. */
  private static final Status CHANNEL_CLOSED =
      Status.UNKNOWN.withDescription("channel closed").withCause(new ClosedChannelException());

  @Test
  void aConnectionThatClosesUnderARequestIsNoDefectOfTheServer() {
    Failure sent = Failures.of(Method.PUT, CHANNEL_CLOSED, null, true);
    Failure unsent = Failures.of(Method.PUT, CHANNEL_CLOSED, null, false);

    assertThat(sent.reason()).isEqualTo(Reason.CONNECTION_LOST);
    assertThat(sent.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(unsent.reason()).isEqualTo(Reason.UNREACHABLE);
    assertThat(unsent.outcome()).isEqualTo(Outcome.NOT_APPLIED);
  }

  /** As any server says it that uses the messages of google.rpc. */
  @Test
  void detailsAreReadFromTheBytesOfGooglesMessages() {
    ErrorInfo info =
        ErrorInfo.newBuilder()
            .setDomain("raftkv")
            .setReason("QUEUE_FULL")
            .putMetadata("outcome", "not_applied")
            .putMetadata("leader_id", "7")
            .build();
    RetryInfo retry =
        RetryInfo.newBuilder().setRetryDelay(Duration.newBuilder().setNanos(50)).build();
    com.google.rpc.Status said =
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
            .setMessage("QUEUE_FULL: too many requests")
            .addDetails(Any.pack(retry))
            .addDetails(Any.pack(info))
            .build();
    StatusRuntimeException error = StatusProto.toStatusRuntimeException(said);

    for (Failure failure :
        List.of(
            Failures.of(Method.PUT, said),
            Failures.of(Method.PUT, error.getStatus(), error.getTrailers(), true))) {
      assertThat(failure.reason()).isEqualTo(Reason.QUEUE_FULL);
      assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
      assertThat(failure.detail()).isEqualTo("too many requests");
      assertThat(failure.metadata()).isEqualTo(info.getMetadataMap());
      assertThat(failure.retryDelayNanos()).isEqualTo(50);
      assertThat(failure.isFromServer()).isTrue();
    }
  }

  @Test
  void detailsThatCannotBeReadLeaveTheOutcomeUnknown() {
    Any broken =
        Any.newBuilder()
            .setTypeUrl("type.googleapis.com/google.rpc.ErrorInfo")
            .setValue(ByteString.copyFromUtf8("no message"))
            .build();
    Failure failure =
        Failures.of(
            Method.PUT,
            com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.UNAVAILABLE.value())
                .addDetails(broken)
                .build());

    assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(failure.isFromServer()).isFalse();
  }

  @Test
  void anAnswerWithoutAReasonIsADefect() {
    Failure failure = Failures.of(Method.PUT, Status.UNKNOWN, null, true);

    assertThat(failure.reason()).isEqualTo(Reason.INTERNAL_ERROR);
    assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
  }
}
