package io.raftkv.client.impl;

import com.google.protobuf.MessageLite;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.DeleteResponse;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.PutResponse;
import org.jspecify.annotations.Nullable;

/** How the calls of a method go over a {@link Pipeline}. */
interface Pipelining<Q extends MessageLite, R> {
  /** A larger request would hold up those behind it: it goes by itself. */
  int REQUEST_BYTES_MAX = 64 << 10;

  void fill(PipelineCall.Builder call, Q request);

  /** Null if it is no answer to such a request. */
  @Nullable R read(PipelineAnswer answer);

  static boolean isSmall(MessageLite request) {
    return request.getSerializedSize() <= REQUEST_BYTES_MAX;
  }

  Pipelining<GetRequest, GetResponse> GET =
      new Pipelining<>() {
        @Override
        public void fill(PipelineCall.Builder call, GetRequest request) {
          call.setGet(request);
        }

        @Override
        public @Nullable GetResponse read(PipelineAnswer answer) {
          return answer.hasGet() ? answer.getGet() : null;
        }
      };

  Pipelining<PutRequest, PutResponse> PUT =
      new Pipelining<>() {
        @Override
        public void fill(PipelineCall.Builder call, PutRequest request) {
          call.setPut(request);
        }

        @Override
        public @Nullable PutResponse read(PipelineAnswer answer) {
          return answer.hasPut() ? answer.getPut() : null;
        }
      };

  Pipelining<DeleteRequest, DeleteResponse> DELETE =
      new Pipelining<>() {
        @Override
        public void fill(PipelineCall.Builder call, DeleteRequest request) {
          call.setDelete(request);
        }

        @Override
        public @Nullable DeleteResponse read(PipelineAnswer answer) {
          return answer.hasDelete() ? answer.getDelete() : null;
        }
      };
}
