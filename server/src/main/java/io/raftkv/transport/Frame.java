package io.raftkv.transport;

import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * What travels in one gRPC message.
 *
 * @param proto null if the bytes that came in are no such message
 */
record Frame(@Nullable MessageLite proto) {
  private static final Frame MALFORMED = new Frame(null);

  /** Parses without throwing: malformed bytes close one stream politely, with a reason. */
  static <T extends Message> MethodDescriptor.Marshaller<Frame> marshaller(T instance) {
    MethodDescriptor.Marshaller<T> protobuf = ProtoUtils.marshaller(instance);
    return new MethodDescriptor.Marshaller<>() {
      @Override
      @SuppressWarnings("unchecked")
      public InputStream stream(Frame frame) {
        return protobuf.stream((T) frame.proto());
      }

      @Override
      public Frame parse(InputStream stream) {
        try {
          return new Frame(protobuf.parse(stream));
        } catch (io.grpc.StatusRuntimeException e) {
          // The stream that it came on is closed with INVALID_ARGUMENT, counted and logged.
          return MALFORMED;
        }
      }
    };
  }
}
