package io.raftkv.service;

import io.grpc.stub.ServerCallStreamObserver;

/** A client that hears nothing. */
final class SilentObserver<T> extends ServerCallStreamObserver<T> {
  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public void setOnCancelHandler(Runnable handler) {}

  @Override
  public void setCompression(String compression) {}

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void setOnReadyHandler(Runnable handler) {}

  @Override
  public void disableAutoInboundFlowControl() {}

  @Override
  public void request(int count) {}

  @Override
  public void setMessageCompression(boolean enable) {}

  @Override
  public void onNext(T value) {}

  @Override
  public void onError(Throwable failure) {}

  @Override
  public void onCompleted() {}
}
