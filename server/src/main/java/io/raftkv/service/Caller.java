package io.raftkv.service;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a call: what the calls of its connection may hold, and the stream of this one. For any
 * thread.
 *
 * @param requests what is under way for this connection
 * @param answers what was answered on this connection and not yet taken by the client
 * @param stream the stream ends when this is cancelled; null on a server without the tracer
 */
record Caller(Admission requests, Admission answers, Context.@Nullable CancellableContext stream) {
  private static final Context.Key<Caller> CALLER = Context.key("caller");

  private static final Context.Key<Context.CancellableContext> STREAM = Context.key("stream");

  /** Lives as long as a connection. */
  private record Shares(Admission requests, Admission answers) {
    static final Attributes.Key<Shares> KEY = Attributes.Key.create("shares of a connection");
  }

  /** The caller of the request that is handled on this thread. */
  static Caller current() {
    Caller caller = CALLER.get();
    if (caller == null) {
      throw new IllegalStateException("a request came past the interceptor");
    }
    return caller;
  }

  /** Gives each connection an equal share of what the member bounds. */
  static ServerTransportFilter shares(Calls calls, int parts) {
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes attributes) {
        Shares shares = new Shares(calls.admission().share(parts), calls.answers().share(parts));
        return attributes.toBuilder().set(Shares.KEY, shares).build();
      }
    };
  }

  /** Makes {@link #reset} work: the context of a call is a child of one that we can cancel. */
  static ServerStreamTracer.Factory streams() {
    return new ServerStreamTracer.Factory() {
      @Override
      public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        return new ServerStreamTracer() {
          @Override
          public Context filterContext(Context context) {
            Context.CancellableContext stream = context.withCancellation();
            return stream.withValue(STREAM, stream);
          }
        };
      }
    };
  }

  /** Makes {@link #current} work; without the filter, a connection may have everything. */
  static ServerInterceptor interceptor(Calls calls) {
    Shares whole = new Shares(calls.admission(), calls.answers());
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Shares own = call.getAttributes().get(Shares.KEY);
        Shares shares = own == null ? whole : own;
        Caller caller = new Caller(shares.requests(), shares.answers(), STREAM.get());
        return Contexts.interceptCall(
            Context.current().withValue(CALLER, caller), call, headers, next);
      }
    };
  }

  /** Ends the stream, and drops what the client has not taken of it. */
  void reset() {
    // A call that was answered cannot be closed again. Its context can be cancelled, though, and
    // gRPC takes that, when it is for want of time, as the order to reset the stream.
    if (stream != null) {
      stream.cancel(new TimeoutException("the client did not take its answer"));
    }
  }
}
