package io.raftkv.service;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.raftkv.proto.v1.Reason;

/**
 * Refuses what cannot be decoded. Left to gRPC, bytes that are no message, or that grow beyond the
 * limit when they are decompressed, count as a defect of the service: the client would get UNKNOWN,
 * as if something might have happened, and the log a stack trace for each.
 */
final class RequestDecoding implements ServerInterceptor {
  private final Errors errors;

  private RequestDecoding(Errors errors) {
    this.errors = errors;
  }

  /** The service, with its requests decoded where a failure can be answered. */
  static ServerServiceDefinition guard(ServerServiceDefinition service, Errors errors) {
    return ServerInterceptors.intercept(
        ServerInterceptors.useInputStreamMessages(service), new RequestDecoding(errors));
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      private boolean isRefused;

      @Override
      public void onMessage(Q message) {
        try {
          super.onMessage(message);
        } catch (StatusRuntimeException e) {
          isRefused = true;
          StatusRuntimeException refusal = refusal(e.getStatus());
          Metadata details = refusal.getTrailers();
          call.close(refusal.getStatus(), details == null ? new Metadata() : details);
        }
      }

      @Override
      public void onHalfClose() {
        if (!isRefused) {
          super.onHalfClose();
        }
      }
    };
  }

  private StatusRuntimeException refusal(Status status) {
    return status.getCode() == Status.Code.RESOURCE_EXHAUSTED
        ? errors.status(
            Refusal.of(Reason.REQUEST_TOO_LARGE, "more than a message may have, decompressed"),
            Status.Code.RESOURCE_EXHAUSTED)
        : errors.status(
            Refusal.of(Reason.MALFORMED_REQUEST, "the request is not a message of this method"));
  }
}
