package io.raftkv.service;

import com.google.protobuf.MessageLite;
import io.raftkv.proto.v1.Reason;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One request under way. It ends once, by whichever comes first: its answer, its deadline, or its
 * client's going away. An answered call closes when the client has taken the answer; until then the
 * answer holds its part of a bounded budget. For any thread.
 *
 * @param <T> the answer
 */
final class Call<T extends MessageLite> {
  /** What an answer costs beside its bytes, roughly. */
  private static final int OVERHEAD_BYTES = 512;

  private static final long NOT_ANSWERED = Long.MIN_VALUE;

  private final Method method;
  private final Reply<T> reply;
  private final Caller caller;
  private final Errors errors;
  private final Calls.Listener listener;
  private final AtomicBoolean hasEnded = new AtomicBoolean();

  /** What this call holds of the budget of answers; 0: nothing. */
  private final AtomicLong answerBytes = new AtomicLong();

  /** When the answer must be there or, once it goes out in parts, the next of them be taken. */
  private volatile long deadlineNanos;

  private volatile boolean isStreaming;

  /** When the answer must have been taken. */
  private volatile long takenDeadlineNanos = NOT_ANSWERED;

  /** What to give up when the call ends early: nothing else would ever complete it. */
  private volatile @Nullable CompletableFuture<?> waitingFor;

  Call(
      Method method,
      Reply<T> reply,
      Caller caller,
      Errors errors,
      long deadlineNanos,
      Calls.Listener listener) {
    this.method = method;
    this.reply = reply;
    this.caller = caller;
    this.errors = errors;
    this.deadlineNanos = deadlineNanos;
    this.listener = listener;
  }

  Method method() {
    return method;
  }

  Reply<T> reply() {
    return reply;
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

  /** Ends work whose answer there would be no room for. */
  void checkRoomForAnswer() {
    if (caller.answers().isUsedUp()) {
      throw noRoomForAnswer();
    }
  }

  /**
   * Makes room for an answer that comes with an effect, and so could not be refused later.
   *
   * @param bytes about what the answer will have
   */
  void expectAnswer(long bytes) {
    if (!caller.answers().tryAcquire(bytes + OVERHEAD_BYTES)) {
      throw noRoomForAnswer();
    }
    answerBytes.set(bytes + OVERHEAD_BYTES);
    if (hasEnded.get()) {
      releaseAnswer();
    }
  }

  private static Refusal noRoomForAnswer() {
    return Refusal.of(
        Reason.QUEUE_FULL, "too many answers of this member have not been taken by their clients");
  }

  /**
   * The answer goes out in parts, before the last of which {@link #answer} is called: from now on
   * the client has time until then for the next one.
   */
  void stream(long partTakenDeadlineNanos) {
    deadlineNanos = partTakenDeadlineNanos;
    isStreaming = true;
  }

  /**
   * Answers, once.
   *
   * @param takenDeadlineNanos when the client must have taken it
   */
  void answer(T response, long takenDeadlineNanos) {
    if (hasEnded.get()) {
      return;
    }
    if (!holdAnswer(response.getSerializedSize() + OVERHEAD_BYTES)) {
      fail(noRoomForAnswer());
      return;
    }
    this.takenDeadlineNanos = takenDeadlineNanos;
    if (end("OK")) {
      reply.answer(response);
    } else {
      releaseAnswer();
    }
  }

  /** What has taken effect is answered in any case. */
  private boolean holdAnswer(long bytes) {
    releaseAnswer();
    if (!caller.answers().tryAcquire(bytes)) {
      if (!method.hasEffect()) {
        return false;
      }
      caller.answers().acquire(bytes);
    }
    answerBytes.set(bytes);
    return true;
  }

  private void releaseAnswer() {
    long bytes = answerBytes.getAndSet(0);
    if (bytes > 0) {
      caller.answers().release(bytes);
    }
  }

  void fail(Throwable failure) {
    Refusal refusal = Errors.refusal(failure, method.hasEffect());
    if (end(refusal.reason().name())) {
      releaseAnswer();
      reply.refuse(errors.status(refusal));
    }
  }

  /** The client has taken the answer. */
  void taken() {
    listener.over(this);
    releaseAnswer();
  }

  /** The client has gone, or its deadline has passed, perhaps before it took the answer. */
  void cancelled() {
    listener.over(this);
    if (end("CANCELLED")) {
      giveUp();
    }
    releaseAnswer();
  }

  void expireAt(long nowNanos) {
    if (!hasEnded.get()) {
      if (nowNanos - deadlineNanos < 0) {
        return;
      }
      if (isStreaming) {
        expire("the client did not take what was sent within the time limit");
        caller.reset();
      } else {
        expire("no answer within the time limit");
      }
    } else if (takenDeadlineNanos != NOT_ANSWERED && nowNanos - takenDeadlineNanos >= 0) {
      caller.reset();
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
    listener.ended(this, reason);
    return true;
  }

  private void giveUp() {
    CompletableFuture<?> future = waitingFor;
    if (future != null) {
      future.cancel(false);
    }
  }
}
