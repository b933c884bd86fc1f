package io.raftkv.client.impl;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One RPC to one member. It starts when the connection is up or known to be down; so a request that
 * waits for a connection has certainly not left.
 *
 * <p>Thread-safe. Calls back once, on gRPC's thread or inside {@link #start}.
 *
 * <pre>
 * WAITING --connection up or down--> STARTING --> STARTED --> (answered | failed)
 *    '---------------- cancel ----------'------------'--> CANCELLED, no call back that counts
 * </pre>
 */
final class Attempt<Q, R> extends ClientCall.Listener<R> {
  /** Hears how the attempt ends. */
  interface Observer<Q, R> {
    void answered(Attempt<Q, R> attempt, R response);

    void failed(Attempt<Q, R> attempt, Failure failure);
  }

  private enum Phase {
    WAITING,
    STARTING,
    STARTED,
    CANCELLED
  }

  private final Method<Q, R> method;
  private final Q request;
  private final Connection connection;
  private final Observer<Q, R> observer;
  private final long startNanos = System.nanoTime();
  private final long deadlineNanos;
  private final Runnable begin = this::begin;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);
  private volatile boolean wasSent;
  private volatile @Nullable ClientCall<Q, R> rpc;
  private @Nullable R response;

  Attempt(
      Method<Q, R> method,
      Q request,
      Connection connection,
      long deadlineNanos,
      Observer<Q, R> observer) {
    this.method = method;
    this.request = request;
    this.connection = connection;
    this.deadlineNanos = deadlineNanos;
    this.observer = observer;
  }

  Connection connection() {
    return connection;
  }

  long startNanos() {
    return startNanos;
  }

  void start() {
    connection.whenSettled(begin);
  }

  /** Gives it up. Returns whether the request has certainly not left. */
  boolean cancel() {
    Phase before = phase.getAndSet(Phase.CANCELLED);
    connection.forget(begin);
    ClientCall<Q, R> started = rpc;
    if (before == Phase.STARTED && started != null) {
      started.cancel("given up by the caller", null);
    }
    return before == Phase.WAITING;
  }

  /** Gives it up only if the request has certainly not left; returns whether it did. */
  boolean cancelIfWaiting() {
    if (!phase.compareAndSet(Phase.WAITING, Phase.CANCELLED)) {
      return false;
    }
    connection.forget(begin);
    return true;
  }

  private void begin() {
    if (!phase.compareAndSet(Phase.WAITING, Phase.STARTING)) {
      return;
    }
    long remaining = Math.max(1, deadlineNanos - System.nanoTime());
    ClientCall<Q, R> call =
        connection
            .channel()
            .newCall(
                method.descriptor(),
                CallOptions.DEFAULT
                    .withDeadlineAfter(remaining, TimeUnit.NANOSECONDS)
                    .withStreamTracerFactory(new SendTracker()));
    rpc = call;
    call.start(this, new Metadata());
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
    if (!phase.compareAndSet(Phase.STARTING, Phase.STARTED)) {
      call.cancel("given up by the caller", null);
    }
  }

  @Override
  public void onHeaders(Metadata headers) {
    connection.answered();
  }

  @Override
  public void onMessage(R message) {
    response = message;
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    R message = response;
    if (status.isOk() && message != null) {
      connection.answered();
      observer.answered(this, message);
      return;
    }
    Status ended =
        status.isOk() ? Status.INTERNAL.withDescription("an answer without content") : status;
    // Only a stream that its transport has ended for good can be trusted to send nothing more; a
    // deadline may strike while the request is on its way to the transport.
    boolean certainlyUnsent = !wasSent && ended.getCode() == Status.Code.UNAVAILABLE;
    Failure failure = Failures.of(method, ended, trailers, !certainlyUnsent);
    if (failure.isFromServer()) {
      connection.answered();
    } else if (phase.get() == Phase.CANCELLED) {
      // Our own doing, which says nothing about the member.
      return;
    }
    observer.failed(this, failure);
  }

  /** Notices when the request message is handed to a transport: from then on it may arrive. */
  private final class SendTracker extends ClientStreamTracer.Factory {
    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void outboundMessage(int sequence) {
          wasSent = true;
        }
      };
    }
  }
}
