package io.raftkv.client.impl;

import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.proto.v1.StatusResponse;
import java.util.concurrent.TimeUnit;

/**
 * Asks a silent member how it is until it answers or refuses, each time over a new connection: the
 * old one may lead into the void while the member is back. So no call of the user has to be the one
 * that finds out.
 */
final class Probe implements Attempt.Observer<StatusRequest, StatusResponse> {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long ANSWER_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

  private final Caller caller;
  private final Connection connection;
  private final long answerNanos;

  Probe(Caller caller, Connection connection, long attemptTimeoutNanos) {
    this.caller = caller;
    this.connection = connection;
    this.answerNanos = Math.min(attemptTimeoutNanos, ANSWER_NANOS_MAX);
  }

  void start() {
    if (!connection.isSilent()) {
      return;
    }
    Attempt<StatusRequest, StatusResponse> attempt =
        new Attempt<>(
            Method.STATUS,
            StatusRequest.getDefaultInstance(),
            connection,
            false,
            System.nanoTime() + answerNanos,
            this);
    attempt.start();
    caller.schedule(() -> expired(attempt), answerNanos);
  }

  @Override
  public void answered(Attempt<StatusRequest, StatusResponse> attempt, StatusResponse response) {
    caller.routes().learn(response.getHeader(), connection);
  }

  @Override
  public void failed(Attempt<StatusRequest, StatusResponse> attempt, Failure failure) {
    caller.routes().learn(failure, connection);
  }

  private void expired(Attempt<StatusRequest, StatusResponse> attempt) {
    attempt.cancel();
    if (connection.isSilent()) {
      connection.renew();
      caller.schedule(this::start, PAUSE_NANOS);
    }
  }
}
