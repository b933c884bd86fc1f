package io.raftkv.service;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PipelineRequest;
import java.io.IOException;
import java.io.InputStream;

/**
 * Parses a message of calls, but not one of too many: a call without content has two bytes on the
 * wire, and a hundred in memory.
 */
final class PipelineRequestMarshaller implements MethodDescriptor.Marshaller<PipelineRequest> {
  static final int CALLS_MAX = 1_024;

  private static final int CALLS_TAG =
      PipelineRequest.CALLS_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;

  private final MethodDescriptor.Marshaller<PipelineRequest> protobuf =
      ProtoUtils.marshaller(PipelineRequest.getDefaultInstance());

  @Override
  public InputStream stream(PipelineRequest request) {
    return protobuf.stream(request);
  }

  @Override
  public PipelineRequest parse(InputStream stream) {
    PipelineRequest.Builder request = PipelineRequest.newBuilder();
    try {
      CodedInputStream input = CodedInputStream.newInstance(stream);
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        if (tag != CALLS_TAG) {
          input.skipField(tag);
        } else if (request.getCallsCount() == CALLS_MAX) {
          throw new InvalidProtocolBufferException("more than " + CALLS_MAX + " calls");
        } else {
          request.addCalls(
              input.readMessage(PipelineCall.parser(), ExtensionRegistryLite.getEmptyRegistry()));
        }
      }
    } catch (IOException e) {
      throw Status.INTERNAL
          .withDescription("not a message of calls")
          .withCause(e)
          .asRuntimeException();
    }
    return request.build();
  }
}
