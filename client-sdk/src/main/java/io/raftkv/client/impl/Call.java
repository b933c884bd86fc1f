package io.raftkv.client.impl;

import com.google.protobuf.MessageLite;
import io.raftkv.client.Endpoint;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of the caller: attempts at one member after another, never two at once, until one ends
 * it or the deadline does.
 *
 * <pre>
 * (a write of a session first waits for its mark)
 *    |
 * ATTEMPT --answer, or a failure that is final------------------------> DONE
 *    |    <--another member is left in this round, at once--,
 *    '--failure that may be tried again--> BACKOFF ---------'           deadline, close, cancel:
 *                                          (10 ms, doubling to 250 ms)  from anywhere to DONE
 * </pre>
 *
 * <p>Thread-safe; decides under its own lock, acts outside of it.
 */
final class Call<Q extends MessageLite, R, T> implements Attempt.Observer<Q, R> {
  /** How long a call to one certain member puts up with refused connections: it may be starting. */
  private static final long ONLY_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  /** gRPC ends an RPC at its deadline itself, and knows more; this is how long we let it. */
  private static final long DEADLINE_GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A member that says nothing for less than this may be slow, for a deadline that is short. */
  private static final long SILENCE_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(250);

  /** A write waits so many times (as a power of two) longer for a member that answers others. */
  private static final int AT_WORK_SHIFT = 2;

  /** With less than this left, one more attempt would tell no more than that time is over. */
  private static final long RETRY_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(10);

  private final Caller caller;
  private final Method<Q, R> method;
  private final Q request;
  private final Function<R, T> decode;
  private final Route route;
  private final long startNanos = System.nanoTime();
  private final long deadlineNanos;
  private final boolean isOwn;
  private final CallFuture future = new CallFuture();

  // Guarded by this.
  private @Nullable Attempt<Q, R> attempt;
  private @Nullable Failure lastFailure;
  private @Nullable Endpoint lastEndpoint;
  private boolean isDone;
  private boolean isBackingOff;
  private int attempts;
  private int moves;

  /** What makes it safe to send a write again; null: nothing does, or it has not come yet. */
  private OpenSession.@Nullable Mark mark;

  private boolean isAwaitingMark;
  private boolean hasLostMark;

  /** An attempt that is over may have been a write. */
  private boolean mayHaveHappened;

  private @Nullable Failure failure;
  private final Rounds rounds;

  /**
   * @param isOwn of the client itself, for its session
   */
  Call(
      Caller caller,
      Method<Q, R> method,
      Q request,
      Function<R, T> decode,
      Route route,
      long timeoutNanos,
      boolean isOwn) {
    this.caller = caller;
    this.method = method;
    this.request = request;
    this.decode = decode;
    this.route = route;
    this.deadlineNanos = startNanos + timeoutNanos;
    this.isOwn = isOwn;
    rounds = new Rounds(caller.routes(), route);
  }

  boolean isOwn() {
    return isOwn;
  }

  CompletableFuture<T> future() {
    return future;
  }

  /** Makes the first attempt. */
  void start() {
    attemptAfter(0);
  }

  /** Makes the first attempt, as a write of a session, once {@link #marked}. */
  void awaitMark() {
    synchronized (this) {
      isAwaitingMark = true;
    }
    caller.mark(this);
  }

  /** From now on it may be sent again whatever comes of an attempt: it is applied once. */
  void marked(OpenSession.Mark given) {
    boolean isLate;
    int made;
    synchronized (this) {
      isLate = isDone;
      made = attempts;
      if (!isLate) {
        isAwaitingMark = false;
        mark = given;
      }
    }
    if (isLate) {
      caller.release(given);
    } else {
      attemptAfter(made);
    }
  }

  /** What the servers may have to keep of its answer, in bytes. */
  long answerBytesMax() {
    Marking<Q> marking = method.marking();
    return marking == null ? 0 : marking.answerBytesMax(request);
  }

  /**
   * No session could be opened for it.
   *
   * @param endpoint who was asked last
   * @param asked how often somebody was
   */
  void notMarked(Failure opening, @Nullable Endpoint endpoint, int asked) {
    Failure settled;
    synchronized (this) {
      if (isDone) {
        return;
      }
      isDone = true;
      settled = opening.ofWrite(method.outcomeUnsent());
      lastEndpoint = endpoint;
      attempts += asked;
    }
    caller.finished(this);
    fail(settled);
  }

  long remainingNanos() {
    return deadlineNanos - System.nanoTime();
  }

  /** Whether there is time for another attempt. */
  boolean hasTime() {
    return remainingNanos() >= RETRY_NANOS_MIN;
  }

  /** How it failed; asked only when it has. */
  synchronized Failure failure() {
    Failure known = failure;
    if (known == null) {
      throw new IllegalStateException("a call that has not failed");
    }
    return known;
  }

  synchronized @Nullable Endpoint lastEndpoint() {
    return lastEndpoint;
  }

  synchronized int attempts() {
    return attempts;
  }

  /**
   * Makes the next attempt, unless it was made already: a leader that is found overtakes the timer
   * of the backoff, which fires all the same.
   *
   * @param made how many attempts there were when this one was decided
   */
  private void attemptAfter(int made) {
    if (isTooLateToRetry(made)) {
      end(Reason.TIMEOUT, "no answer in time");
      return;
    }
    Attempt<Q, R> next;
    synchronized (this) {
      if (isDone || attempt != null || attempts != made) {
        return;
      }
      isBackingOff = false;
      Connection connection = rounds.next();
      attempts++;
      lastEndpoint = connection.endpoint();
      next = new Attempt<>(method, marked(), connection, caller.isPipelined(), deadlineNanos, this);
      attempt = next;
    }
    try {
      next.start();
    } catch (RuntimeException e) {
      // An address that gRPC refuses, most likely; the call must not be left hanging.
      Outcome outcome = next.cancel() ? method.outcomeUnsent() : method.outcomeOnceSent();
      failed(next, Failure.local(Reason.UNREACHABLE, outcome, "cannot connect: " + e));
    }
  }

  /** Under the lock. */
  private Q marked() {
    Marking<Q> marking = method.marking();
    return mark == null || marking == null ? request : marking.mark(request, mark.requestId());
  }

  /** The timer may be late. An attempt under way is not disturbed. */
  private synchronized boolean isTooLateToRetry(int made) {
    boolean isDue = attempt == null && attempts == made && lastFailure != null;
    return isDue && deadlineNanos - System.nanoTime() < RETRY_NANOS_MIN;
  }

  @Override
  public void answered(Attempt<Q, R> from, R response) {
    caller.routes().learn(method.header().apply(response), from.connection());
    synchronized (this) {
      if (isDone || attempt != from) {
        return;
      }
      isDone = true;
      attempt = null;
      if (mark != null) {
        mark.session().heard(from.startNanos());
      }
    }
    if (!route.toLeader() && route.only() == null) {
      caller.routes().succeeded(from.connection());
    }
    caller.finished(this);
    T result;
    try {
      result = decode.apply(response);
    } catch (RuntimeException e) {
      fail(
          new Failure(
              Reason.UNRECOGNIZED,
              method.outcomeOnceSent(),
              "an answer that does not make sense: " + e,
              Map.of(),
              false,
              -1,
              e));
      return;
    }
    NetworkThread.run(() -> future.complete(result));
  }

  @Override
  public void failed(Attempt<Q, R> from, Failure failure) {
    caller.routes().learn(failure, from.connection());
    // gRPC may end an RPC at its deadline before the timer sees that the member says nothing.
    if (failure.reason() == Reason.TIMEOUT
        && System.nanoTime() - from.startNanos() >= SILENCE_NANOS_MIN
        && !from.connection().hasAnsweredSince(from.startNanos())) {
      caller.silent(from.connection());
    }
    long delayNanos;
    int made;
    Failure settled;
    OpenSession.Mark lost = null;
    synchronized (this) {
      if (isDone || attempt != from) {
        return;
      }
      attempt = null;
      made = attempts;
      settled = settled(failure);
      lastFailure = settled;
      delayNanos = delayNanos(failure);
      if (mark != null && failure.spoilsSession()) {
        lost = mark;
        // Only once: a cluster where every session has ended at once is not well.
        isAwaitingMark = !mayHaveHappened && !hasLostMark && hasTime();
        hasLostMark = true;
      }
      isDone = delayNanos < 0 && !isAwaitingMark;
      isBackingOff = delayNanos > 0;
    }
    if (lost != null) {
      caller.sessionEnded(lost.session());
    }
    if (lost != null && !isOver()) {
      caller.release(lost);
      caller.mark(this);
    } else if (delayNanos < 0) {
      caller.finished(this);
      fail(settled);
    } else if (delayNanos == 0) {
      attemptAfter(made);
    } else {
      caller.schedule(() -> attemptAfter(made), delayNanos);
    }
  }

  private synchronized boolean isOver() {
    return isDone;
  }

  /** What the failure of an attempt means for the whole call. Under the lock. */
  private Failure settled(Failure failure) {
    boolean isEnded = mark != null && failure.isSessionEnded();
    if (failure.outcome() == Outcome.UNKNOWN && !isEnded) {
      mayHaveHappened = true;
    }
    if (isEnded && !mayHaveHappened) {
      // The servers cannot know that it was sent only once.
      return failure.withOutcome(method.outcomeUnsent());
    }
    return mayHaveHappened && !failure.isResult()
        ? failure.withOutcome(method.outcomeOnceSent())
        : failure;
  }

  /** Whether another attempt does no harm, and may help. Under the lock. */
  private boolean mayRepeat(Failure failure) {
    boolean isSafe = failure.outcome() != Outcome.UNKNOWN || mark != null || method.isHarmless();
    return isSafe && failure.isTransient();
  }

  /** When to try again: 0 at once, negative never. Under the lock. */
  private long delayNanos(Failure failure) {
    long now = System.nanoTime();
    if (!mayRepeat(failure) || now - deadlineNanos >= 0) {
      return -1;
    }
    boolean isGone =
        failure.reason() == Reason.UNREACHABLE || failure.reason() == Reason.CONNECTION_LOST;
    if (route.only() != null && isGone && now - startNanos > ONLY_PATIENCE_NANOS) {
      return -1;
    }
    // Where too much is asked for, another member would only pass it on to the same leader.
    boolean isRoundOver = failure.reason().kind() == Reason.Kind.EXHAUSTED || rounds.isOver();
    if (failure.retryDelayNanos() < 0 && !isRoundOver) {
      return 0;
    }
    long delay = rounds.begin(failure.retryDelayNanos());
    return delay < deadlineNanos - now - RETRY_NANOS_MIN ? delay : -1;
  }

  /** A leader was found: no need to wait any longer. */
  void leaderFound() {
    int made;
    synchronized (this) {
      Failure last = lastFailure;
      boolean waitsForLeader = isBackingOff && last != null && last.retryDelayNanos() < 0;
      if (!waitsForLeader || route.only() != null) {
        return;
      }
      made = attempts;
    }
    attemptAfter(made);
  }

  /** Looks whether time is over, or the attempt under way takes too long. On the timer thread. */
  void tick(long now, long attemptTimeoutNanos) {
    Attempt<Q, R> slow;
    long graceNanos;
    synchronized (this) {
      if (isDone) {
        return;
      }
      slow = attempt;
      // Why no session could be opened says more than that the time is over.
      graceNanos =
          isAwaitingMark ? 2 * DEADLINE_GRACE_NANOS : slow != null ? DEADLINE_GRACE_NANOS : 0;
      if (now - deadlineNanos <= 0
          && (slow == null || now - slow.startNanos() < patienceNanos(slow, attemptTimeoutNanos))) {
        return;
      }
    }
    if (slow != null && !slow.connection().hasAnsweredSince(slow.startNanos())) {
      caller.silent(slow.connection());
    }
    if (now - deadlineNanos > graceNanos) {
      end(Reason.TIMEOUT, "no answer in time");
    } else if (slow != null && now - deadlineNanos <= 0) {
      moveOn(slow);
    }
  }

  /**
   * How long an attempt may take. Each is more patient than the last: it may be the request that is
   * slow. And a member that answers others has this write in hand, most likely: another one would
   * only give it the same work again. Under the lock.
   */
  private long patienceNanos(Attempt<Q, R> slow, long attemptTimeoutNanos) {
    boolean isAtWork =
        method.isWrite()
            && slow.connection().hasAnsweredSince(System.nanoTime() - attemptTimeoutNanos);
    return attemptTimeoutNanos << moves << (isAtWork ? AT_WORK_SHIFT : 0);
  }

  /** Goes to another member: a write that cannot be sent twice only if it never left. */
  private void moveOn(Attempt<Q, R> slow) {
    // The only member there is may be reached over a new connection, unless it is merely slow.
    boolean isPointless =
        caller.routes().size(route) == 1 && slow.connection().hasAnsweredSince(slow.startNanos());
    int made;
    synchronized (this) {
      if (isDone || attempt != slow || route.only() != null || isPointless) {
        return;
      }
      if (method.isWrite() && !slow.cancelIfWaiting()) {
        if (mark == null && !method.isHarmless()) {
          return;
        }
        mayHaveHappened = true;
      }
      attempt = null;
      made = attempts;
      moves = Math.min(moves + 1, 10);
      rounds.moveOn(slow.connection());
    }
    slow.cancel();
    attemptAfter(made);
  }

  /** Ends the call from this side. */
  void end(Reason reason, String detail) {
    Attempt<Q, R> open;
    Failure last;
    synchronized (this) {
      if (isDone) {
        return;
      }
      isDone = true;
      open = attempt;
      attempt = null;
      last = lastFailure;
    }
    boolean isUnsent = open == null || open.cancel();
    boolean isUnknown;
    synchronized (this) {
      isUnknown = !isUnsent || mayHaveHappened;
    }
    caller.finished(this);
    if (isUnsent && reason == Reason.TIMEOUT && last != null) {
      // What stood in the way all the time says more than that the time is over.
      fail(isUnknown ? last.withOutcome(method.outcomeOnceSent()) : last);
      return;
    }
    Outcome outcome = isUnknown ? method.outcomeOnceSent() : method.outcomeUnsent();
    fail(Failure.local(reason, outcome, detail));
  }

  /** It needs no mark any more, be it given or awaited. */
  void over() {
    OpenSession.Mark given;
    boolean isWaiting;
    synchronized (this) {
      given = mark;
      isWaiting = isAwaitingMark;
    }
    if (given != null) {
      caller.release(given);
    }
    if (isWaiting) {
      caller.forget(this);
    }
  }

  private void fail(Failure how) {
    Endpoint endpoint;
    int made;
    synchronized (this) {
      failure = how;
      endpoint = lastEndpoint;
      made = attempts;
    }
    long elapsed = System.nanoTime() - startNanos;
    NetworkThread.run(
        () -> future.completeExceptionally(how.toException(method, endpoint, made, elapsed)));
  }

  /** Cancelling it gives up the attempt under way. */
  private final class CallFuture extends CompletableFuture<T> {
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean isCancelled = super.cancel(mayInterruptIfRunning);
      if (isCancelled) {
        end(Reason.CLIENT_CLOSED, "cancelled");
      }
      return isCancelled;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }
  }
}
