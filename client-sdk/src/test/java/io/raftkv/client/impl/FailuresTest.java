package io.raftkv.client.impl;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import java.nio.channels.ClosedChannelException;
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

  @Test
  void anAnswerWithoutAReasonIsADefect() {
    Failure failure = Failures.of(Method.PUT, Status.UNKNOWN, null, true);

    assertThat(failure.reason()).isEqualTo(Reason.INTERNAL_ERROR);
    assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
  }
}
