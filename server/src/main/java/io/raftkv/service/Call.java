package io.raftkv.service;

import io.grpc.stub.ServerCallStreamObserver;
import io.raftkv.proto.v1.Reason;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One request under way. It ends once, by whichever comes first: its answer, its deadline, or its
 * client's going away. For any thread.
 *
 * @param <T> the answer
 */
final class Call<T> {
  private final Method method;
  private final ServerCallStreamObserver<T> observer;
  private final Errors errors;
  private final Calls.Ended ended;
  private final long deadlineNanos;
  private final AtomicBoolean hasEnded = new AtomicBoolean();

  /** What to give up when the call ends early: nothing else would ever complete it. */
  private volatile @Nullable CompletableFuture<?> waitingFor;

  Call(
      Method method,
      ServerCallStreamObserver<T> observer,
      Errors errors,
      long deadlineNanos,
      Calls.Ended ended) {
    this.method = method;
    this.observer = observer;
    this.errors = errors;
    this.deadlineNanos = deadlineNanos;
    this.ended = ended;
  }

  /**
   * A future that waits for something that may never come: it is cancelled when the call ends
   * before.
   */
  <F> CompletableFuture<F> waitFor(CompletableFuture<F> future) {
    waitingFor = future;
    if (hasEnded.get()) {
      future.cancel(false);
    }
    return future;
  }

  /** Ends work that nobody waits for any more. */
  void checkWanted() {
    if (hasEnded.get()) {
      throw new CancellationException();
    }
  }

  void answer(T response) {
    if (end("OK")) {
      observer.onNext(response);
      observer.onCompleted();
    }
  }

  void fail(Throwable failure) {
    Refusal refusal = Errors.refusal(failure, method.hasEffect());
    if (end(refusal.reason().name())) {
      observer.onError(errors.status(refusal));
    }
  }

  /** The client has gone, or its deadline has passed. */
  void cancelled() {
    if (end("CANCELLED")) {
      giveUp();
    }
  }

  void expireAt(long nowNanos) {
    if (nowNanos - deadlineNanos >= 0) {
      expire("no answer within the time limit");
    }
  }

  /** Ends the call, whose work may go on: nothing is known of its outcome. */
  void expire(String message) {
    if (!hasEnded.get()) {
      Outcome outcome = method.hasEffect() ? Outcome.UNKNOWN : Outcome.READ;
      fail(Refusal.of(Reason.TIMEOUT, outcome, message));
      giveUp();
    }
  }

  private boolean end(String reason) {
    if (!hasEnded.compareAndSet(false, true)) {
      return false;
    }
    ended.ended(method, reason);
    return true;
  }

  private void giveUp() {
    CompletableFuture<?> future = waitingFor;
    if (future != null) {
      future.cancel(false);
    }
  }
}
