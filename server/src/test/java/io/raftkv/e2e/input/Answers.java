package io.raftkv.e2e.input;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.function.Supplier;

/** Answers of gRPC in words: {@code OK ...}, or {@code CODE REASON field outcome}. */
final class Answers {
  private Answers() {}

  static String of(Supplier<String> call) {
    try {
      return "OK " + call.get();
    } catch (StatusRuntimeException e) {
      return of(e);
    }
  }

  static String of(StatusRuntimeException e) {
    com.google.rpc.Status details = StatusProto.fromThrowable(e);
    String code = e.getStatus().getCode().toString();
    for (Any detail : details == null ? java.util.List.<Any>of() : details.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        return code + " " + words(detail);
      }
    }
    return code + " without ErrorInfo: " + text(e.getStatus());
  }

  private static String words(Any detail) {
    try {
      ErrorInfo info = detail.unpack(ErrorInfo.class);
      String field = info.getMetadataOrDefault("field", "-");
      return info.getReason() + " " + field + " " + info.getMetadataOrDefault("outcome", "-");
    } catch (InvalidProtocolBufferException e) {
      return "with a garbled ErrorInfo";
    }
  }

  static String text(Status status) {
    return String.valueOf(status.getDescription()).lines().findFirst().orElse("");
  }
}
