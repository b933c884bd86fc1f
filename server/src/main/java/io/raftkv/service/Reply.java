package io.raftkv.service;

import com.google.protobuf.MessageLite;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * Where the answer to one request goes, and who tells its call what becomes of it. A call answers
 * or refuses once. For any thread.
 *
 * @param <T> the answer
 */
interface Reply<T extends MessageLite> {
  /**
   * Called once, before anything else.
   *
   * @param call to be told once when its answer was {@link Call#taken} or when it is {@link
   *     Call#cancelled}
   */
  void attach(Call<T> call);

  void answer(T response);

  void refuse(StatusRuntimeException status);

  /** The reply to a unary call, and its end. */
  static <T extends MessageLite> Reply<T> unary(StreamObserver<T> observer) {
    ServerCallStreamObserver<T> client = (ServerCallStreamObserver<T>) observer;
    return new Reply<>() {
      @Override
      public void attach(Call<T> call) {
        // Without this a client that goes away would make the answer throw.
        client.setOnCancelHandler(call::cancelled);
        client.setOnCloseHandler(call::taken);
      }

      @Override
      public void answer(T response) {
        client.onNext(response);
        client.onCompleted();
      }

      @Override
      public void refuse(StatusRuntimeException status) {
        client.onError(status);
      }
    };
  }
}
