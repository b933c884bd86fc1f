package io.raftkv.client.impl;

import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RequestId;

/** How the writes of a method are marked as those of a session. */
interface Marking<Q> {
  /** The request, to be applied at most once. */
  Q mark(Q request, RequestId id);

  /** What the servers may have to keep of its answer, in bytes. */
  long answerBytesMax(Q request);

  /** The revision, and what surrounds it in memory. */
  long PLAIN_BYTES = 128;

  /** A key and its value, of the largest that the servers take. */
  long PREVIOUS_BYTES = (1 << 20) + (1 << 13);

  /** What a range delete returns, for which the servers have a limit of its own. */
  long PREVIOUS_RANGE_BYTES = 7 << 19;

  Marking<PutRequest> PUT =
      new Marking<>() {
        @Override
        public PutRequest mark(PutRequest request, RequestId id) {
          return request.toBuilder().setRequestId(id).build();
        }

        @Override
        public long answerBytesMax(PutRequest request) {
          return request.getReturnPrevious() ? PREVIOUS_BYTES : PLAIN_BYTES;
        }
      };

  Marking<DeleteRequest> DELETE =
      new Marking<>() {
        @Override
        public DeleteRequest mark(DeleteRequest request, RequestId id) {
          return request.toBuilder().setRequestId(id).build();
        }

        @Override
        public long answerBytesMax(DeleteRequest request) {
          if (!request.getReturnPrevious()) {
            return PLAIN_BYTES;
          }
          return request.hasKey() ? PREVIOUS_BYTES : PREVIOUS_RANGE_BYTES;
        }
      };
}
