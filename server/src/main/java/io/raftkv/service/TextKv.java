package io.raftkv.service;

import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.raftkv.proto.v1.DeleteResponse;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.KeyValue;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.RangeResponse;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.text.KVGrpc;
import java.util.ArrayList;
import java.util.List;

/**
 * The text view of keys and values: the methods of {@link KvService} under the names and the schema
 * of {@code raftkv.v1.text.KV}. Strings and bytes are the same on the wire, so that the same
 * handlers serve both; only what is not UTF-8 must not leave as a string.
 */
final class TextKv implements BindableService {
  private final KvService bytes;
  private final Errors errors;

  TextKv(KvService bytes, Errors errors) {
    this.bytes = bytes;
    this.errors = errors;
  }

  @Override
  public ServerServiceDefinition bindService() {
    ServerServiceDefinition ofBytes = bytes.bindService();
    ServiceDescriptor text = KVGrpc.getServiceDescriptor();
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(text.getName())
            .setSchemaDescriptor(text.getSchemaDescriptor());
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    for (MethodDescriptor<?, ?> method : text.getMethods()) {
      ServerMethodDefinition<?, ?> renamed = renamed(handled(ofBytes, method), method);
      descriptor.addMethod(renamed.getMethodDescriptor());
      methods.add(renamed);
    }
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(service::addMethod);
    return ServerInterceptors.intercept(service.build(), new OnlyUtf8());
  }

  private static ServerMethodDefinition<?, ?> handled(
      ServerServiceDefinition service, MethodDescriptor<?, ?> method) {
    String name = service.getServiceDescriptor().getName() + "/" + method.getBareMethodName();
    ServerMethodDefinition<?, ?> handled = service.getMethod(name);
    if (handled == null) {
      throw new IllegalStateException(name + " does not exist, " + method.getFullMethodName());
    }
    return handled;
  }

  private static <Q, R> ServerMethodDefinition<Q, R> renamed(
      ServerMethodDefinition<Q, R> handled, MethodDescriptor<?, ?> text) {
    return ServerMethodDefinition.create(
        handled.getMethodDescriptor().toBuilder()
            .setFullMethodName(text.getFullMethodName())
            .setSchemaDescriptor(text.getSchemaDescriptor())
            .build(),
        handled.getServerCallHandler());
  }

  /** Answers with an error in place of a message that holds something else. */
  private final class OnlyUtf8 implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return next.startCall(new Utf8Call<>(call), headers);
    }
  }

  private final class Utf8Call<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private boolean isRefused;

    Utf8Call(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public void sendMessage(R response) {
      if (isText(response)) {
        super.sendMessage(response);
        return;
      }
      isRefused = true;
      // A write that was to return what it replaced has replaced it all the same.
      boolean isWrite = response instanceof PutResponse || response instanceof DeleteResponse;
      StatusRuntimeException refusal =
          errors.status(
              Refusal.of(
                  Reason.NOT_UTF8,
                  isWrite ? Outcome.UNKNOWN : Outcome.READ,
                  "a key or value is not UTF-8; ask raftkv.v1.KV for its bytes"));
      Metadata trailers = refusal.getTrailers();
      super.close(refusal.getStatus(), trailers == null ? new Metadata() : trailers);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!isRefused) {
        super.close(status, trailers);
      }
    }
  }

  private static boolean isText(Object response) {
    if (response instanceof GetResponse get) {
      return isText(get.getKv());
    } else if (response instanceof PutResponse put) {
      return isText(put.getPrevious());
    } else if (response instanceof DeleteResponse delete) {
      return areText(delete.getPreviousList());
    } else if (response instanceof RangeResponse range) {
      return areText(range.getKvsList());
    }
    throw new IllegalArgumentException("not an answer of KV: " + response.getClass());
  }

  private static boolean areText(List<KeyValue> kvs) {
    return kvs.stream().allMatch(TextKv::isText);
  }

  private static boolean isText(KeyValue kv) {
    ByteString key = kv.getKey();
    return key.isValidUtf8() && kv.getValue().isValidUtf8();
  }
}
