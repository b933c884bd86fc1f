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

/**
 * Bounds the calls that are open, on each connection and on all of them. The bound of HTTP/2 holds
 * for nobody who does not acknowledge the server's settings (RFC 9113, 6.5.3), and a call costs
 * memory before its request is there. For any thread.
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
  private final Errors errors;

  OpenCalls(ConnectionLimits limits, Errors errors) {
    all = new Admission(limits.callsMax(), Long.MAX_VALUE);
    perConnectionMax = MORE_THAN_TOLD * limits.callsPerConnectionMax();
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
      StatusRuntimeException refusal =
          errors.status(Refusal.of(Reason.QUEUE_FULL, "too many calls are open"));
      Metadata details = refusal.getTrailers();
      call.close(refusal.getStatus(), details == null ? new Metadata() : details);
      return new ServerCall.Listener<>() {};
    }
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      @Override
      public void onCancel() {
        open.release(0);
        super.onCancel();
      }

      @Override
      public void onComplete() {
        open.release(0);
        super.onComplete();
      }
    };
  }
}
