package io.raftkv.client.impl;

import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineCall;
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
final class Attempt<Q extends MessageLite, R> extends ClientCall.Listener<R>
    implements Pipeline.Entry {
  /** Hears how the attempt ends. */
  interface Observer<Q extends MessageLite, R> {
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
  private final boolean isPipelined;
  private final Observer<Q, R> observer;
  private final long startNanos = System.nanoTime();
  private final long deadlineNanos;
  private final Runnable begin = this::begin;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);
  private volatile boolean wasSent;
  private volatile @Nullable ClientCall<Q, R> rpc;
  private volatile PipelineStream.@Nullable Ticket ticket;
  private @Nullable R response;

  /**
   * @param isPipelined whether it may share a stream with others
   */
  Attempt(
      Method<Q, R> method,
      Q request,
      Connection connection,
      boolean isPipelined,
      long deadlineNanos,
      Observer<Q, R> observer) {
    this.method = method;
    this.request = request;
    this.connection = connection;
    this.isPipelined = isPipelined;
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
    if (before == Phase.STARTED) {
      abandon();
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
    Pipelining<Q, R> pipelining = method.pipelining();
    if (pipelining != null
        && isPipelined
        && connection.pipeline().isSupported()
        && Pipelining.isSmall(request)) {
      ticket = connection.pipeline().submit(this);
    } else {
      beginAlone();
    }
    if (!phase.compareAndSet(Phase.STARTING, Phase.STARTED)) {
      abandon();
    }
  }

  private void beginAlone() {
    ClientCall<Q, R> call =
        connection
            .channel()
            .newCall(
                method.descriptor(),
                CallOptions.DEFAULT
                    .withDeadlineAfter(remainingNanos(), TimeUnit.NANOSECONDS)
                    .withStreamTracerFactory(new SendTracker()));
    rpc = call;
    call.start(this, new Metadata());
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
  }

  private long remainingNanos() {
    return Math.max(1, deadlineNanos - System.nanoTime());
  }

  /** Of an attempt that has started: nobody wants its answer. */
  private void abandon() {
    ClientCall<Q, R> alone = rpc;
    if (alone != null) {
      alone.cancel("given up by the caller", null);
    }
    PipelineStream.Ticket shared = ticket;
    if (shared != null) {
      shared.forget();
    }
  }

  @Override
  public void fill(PipelineCall.Builder call) {
    Pipelining<Q, R> pipelining = pipelining();
    pipelining.fill(call, request);
    long millis = TimeUnit.NANOSECONDS.toMillis(remainingNanos()) + 1;
    call.setTimeoutMillis((int) Math.min(Integer.MAX_VALUE, millis));
  }

  private Pipelining<Q, R> pipelining() {
    Pipelining<Q, R> pipelining = method.pipelining();
    if (pipelining == null) {
      throw new IllegalStateException("a call of " + method.name() + " in a pipeline");
    }
    return pipelining;
  }

  @Override
  public void answered(PipelineAnswer answer) {
    if (answer.hasError()) {
      ended(Failures.of(method, answer.getError()));
      return;
    }
    R message = pipelining().read(answer);
    if (message == null) {
      ended(Status.INTERNAL.withDescription("an answer to another question"), null, true);
    } else {
      observer.answered(this, message);
    }
  }

  @Override
  public void closed(Status status, Metadata trailers, boolean sent) {
    if (status.getCode() == Status.Code.UNIMPLEMENTED && phase.get() != Phase.CANCELLED) {
      // Of an older version: it has not looked at a single call.
      beginAlone();
      if (phase.get() == Phase.CANCELLED) {
        abandon();
      }
      return;
    }
    Status how =
        status.isOk() ? Status.UNAVAILABLE.withDescription("the member ended the stream") : status;
    ended(how, trailers, sent);
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
    Status how =
        status.isOk() ? Status.INTERNAL.withDescription("an answer without content") : status;
    // Only a stream that its transport has ended for good can be trusted to send nothing more; a
    // deadline may strike while the request is on its way to the transport.
    boolean certainlyUnsent = !wasSent && how.getCode() == Status.Code.UNAVAILABLE;
    ended(how, trailers, !certainlyUnsent);
  }

  private void ended(Status status, @Nullable Metadata trailers, boolean mayHaveArrived) {
    ended(Failures.of(method, status, trailers, mayHaveArrived));
  }

  private void ended(Failure failure) {
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
