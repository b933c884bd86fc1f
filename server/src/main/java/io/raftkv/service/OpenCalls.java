package io.raftkv.service;

import io.grpc.Attributes;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.StatusRuntimeException;
import io.raftkv.proto.v1.Reason;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Bounds the calls that are open, on each connection and on all of them, and how long their
 * requests may take to come. The bound of HTTP/2 holds for nobody who does not acknowledge the
 * server's settings (RFC 9113, 6.5.3), and a call costs memory before its request is there. For any
 * thread.
 */
final class OpenCalls implements ServerInterceptor {
  private static final Attributes.Key<Admission> OF_CONNECTION =
      Attributes.Key.create("open calls of a connection");

  /**
   * Clients that keep to what the server told them never meet this bound, even if a call of theirs
   * ends here a moment later than there.
   */
  private static final int MORE_THAN_TOLD = 2;

  private final Admission all;
  private final int perConnectionMax;
  private final long requestMaxNanos;
  private final Errors errors;
  private final Set<Waiting> waitingForRequest = ConcurrentHashMap.newKeySet();

  OpenCalls(ConnectionLimits limits, Errors errors) {
    all = new Admission(limits.callsMax(), Long.MAX_VALUE);
    perConnectionMax = MORE_THAN_TOLD * limits.callsPerConnectionMax();
    requestMaxNanos = limits.requestMax().toNanos();
    this.errors = errors;
  }

  /** Open now, on all connections. */
  long count() {
    return all.count();
  }

  /** Counts for each connection. */
  ServerTransportFilter connections() {
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes attributes) {
        return attributes.toBuilder().set(OF_CONNECTION, all.within(perConnectionMax)).build();
      }
    };
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Admission own = call.getAttributes().get(OF_CONNECTION);
    Admission open = own == null ? all : own;
    if (!open.tryAcquire(0)) {
      close(call, Refusal.of(Reason.QUEUE_FULL, "too many calls are open"));
      return new ServerCall.Listener<>() {};
    }
    Waiting waiting = new Waiting(call, System.nanoTime());
    waitingForRequest.add(waiting);
    return new Listener<>(next.startCall(call, headers), waiting, open);
  }

  /** Ends calls whose requests did not come in time. To be called by a timer. */
  void expire() {
    long now = System.nanoTime();
    for (Waiting waiting : waitingForRequest) {
      if (now - waiting.sinceNanos > requestMaxNanos && waiting.decide()) {
        waitingForRequest.remove(waiting);
        close(
            waiting.call,
            Refusal.of(Reason.TIMEOUT, Outcome.NOT_APPLIED, "the request did not come in time"));
      }
    }
  }

  private void close(ServerCall<?, ?> call, Refusal refusal) {
    StatusRuntimeException status = errors.status(refusal);
    Metadata details = status.getTrailers();
    call.close(status.getStatus(), details == null ? new Metadata() : details);
  }

  /** A call until its request is there, or has not come in time, whichever is first. */
  private static final class Waiting {
    final ServerCall<?, ?> call;
    final long sinceNanos;
    private final AtomicBoolean isDecided = new AtomicBoolean();

    Waiting(ServerCall<?, ?> call, long sinceNanos) {
      this.call = call;
      this.sinceNanos = sinceNanos;
    }

    boolean decide() {
      return isDecided.compareAndSet(false, true);
    }
  }

  /** Called on the loop of the connection. */
  private final class Listener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Waiting waiting;
    private final Admission open;
    private boolean isRequestThere;

    Listener(ServerCall.Listener<Q> next, Waiting waiting, Admission open) {
      super(next);
      this.waiting = waiting;
      this.open = open;
    }

    /** Whether the call goes on: it was not ended for want of a request. */
    private boolean goesOn() {
      if (!isRequestThere && waiting.decide()) {
        isRequestThere = true;
        waitingForRequest.remove(waiting);
      }
      return isRequestThere;
    }

    @Override
    public void onMessage(Q message) {
      if (goesOn()) {
        super.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (goesOn()) {
        super.onHalfClose();
      }
    }

    @Override
    public void onCancel() {
      end();
      super.onCancel();
    }

    @Override
    public void onComplete() {
      end();
      super.onComplete();
    }

    private void end() {
      waitingForRequest.remove(waiting);
      open.release(0);
    }
  }
}
