package io.raftkv.service;

import io.grpc.BindableService;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * Refuses what cannot be decoded. Left to gRPC, bytes that are no message, or that grow beyond the
 * limit when they are decompressed, count as a defect of the service: the client would get UNKNOWN,
 * as if something might have happened, and the log a stack trace for each.
 */
final class RequestDecoding implements ServerInterceptor {
  private static final RequestDecoding INSTANCE = new RequestDecoding();

  private RequestDecoding() {}

  /** The service, with its requests decoded where a failure can be answered. */
  static ServerServiceDefinition guard(BindableService service) {
    return ServerInterceptors.intercept(
        ServerInterceptors.useInputStreamMessages(service.bindService()), INSTANCE);
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
          call.close(refusal(e.getStatus()), new Metadata());
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

  private static Status refusal(Status status) {
    return status.getCode() == Status.Code.RESOURCE_EXHAUSTED
        ? status
        : Status.INVALID_ARGUMENT.withDescription("the request is not a message of this method");
  }
}
