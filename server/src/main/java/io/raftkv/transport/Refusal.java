package io.raftkv.transport;

import io.grpc.Status;
import io.grpc.netty.shaded.io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;

/** Tells a process that is gone from one that is slow. */
final class Refusal {
  private Refusal() {}

  /**
   * Whether the status is that of an attempt to connect to which the peer's host said no. Silence
   * is not a refusal: a stopped process, a full queue and a cut cable are silent.
   */
  static boolean isRefusal(Status status) {
    if (status.getCode() != Status.Code.UNAVAILABLE) {
      return false;
    }
    for (@Nullable Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectTimeoutException || cause instanceof SocketTimeoutException) {
        return false;
      }
      if (cause instanceof IOException) {
        return true;
      }
    }
    return false;
  }
}
