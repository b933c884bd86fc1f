package io.raftkv.service;

import com.google.protobuf.MessageLite;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.Reason;
import io.raftkv.raft.node.NodeClock;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs requests: admission before, one answer after, a deadline in between. For any thread.
 *
 * <p>A request holds its admission until its work is over, even if its client has gone before: what
 * a node still has to commit still costs memory.
 */
final class Calls {
  private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

  /** What a request costs beside its bytes, roughly. */
  private static final int OVERHEAD_BYTES = 512;

  /** The work of a request. */
  interface Work<T extends MessageLite> {
    /**
     * Begins the work; quick, and never waits.
     *
     * @throws Refusal if the request is not to be carried out
     */
    CompletableFuture<T> begin(Call<T> call);
  }

  /** Hears of one call. */
  interface Listener {
    /** Once, when it was answered or given up. */
    void ended(Call<?> call, String reason);

    /** Once, when its client has the answer or is gone: there is nothing more to do for it. */
    void over(Call<?> call);
  }

  private final ServiceLimits limits;
  private final Errors errors;
  private final NodeClock clock;
  private final ServiceMetrics metrics;
  private final Admission admission;
  private final Admission answers;

  /** Until their client has taken the answer. */
  private final Set<Call<?>> open = ConcurrentHashMap.newKeySet();

  private volatile boolean isDraining;

  Calls(ServiceLimits limits, Errors errors, NodeClock clock, ServiceMetrics metrics) {
    this.limits = limits;
    this.errors = errors;
    this.clock = clock;
    this.metrics = metrics;
    this.admission = new Admission(limits.requestsInFlightMax(), limits.bytesInFlightMax());
    this.answers = new Admission(limits.requestsInFlightMax(), limits.answerBytesMax());
  }

  /** Runs a unary request. Called on a network loop. */
  <T extends MessageLite> void run(
      Method method, MessageLite request, StreamObserver<T> observer, Work<T> work) {
    run(method, request, observer, Runnable::run, work);
  }

  /**
   * Runs a unary request. Called on a network loop.
   *
   * @param begins says when its work begins
   */
  <T extends MessageLite> void run(
      Method method,
      MessageLite request,
      StreamObserver<T> observer,
      Executor begins,
      Work<T> work) {
    run(method, request, Reply.unary(observer), Caller.current(), timeLimitNanos(), begins, work);
  }

  /**
   * Runs one request. Called on a network loop.
   *
   * @param timeLimitNanos how long its client waits for the answer; with less than 1, no more
   * @param begins says when its work begins
   */
  <T extends MessageLite> void run(
      Method method,
      MessageLite request,
      Reply<T> reply,
      Caller caller,
      long timeLimitNanos,
      Executor begins,
      Work<T> work) {
    long requestBytes = request.getSerializedSize();
    long beganNanos = clock.nanoTime();
    long deadlineNanos = beganNanos + Math.min(timeLimitNanos, limits.deadlineMax().toNanos());
    Listener listener = new Measured(beganNanos, requestBytes);
    Call<T> call = new Call<>(method, reply, caller, errors, deadlineNanos, listener);
    reply.attach(call);
    if (isDraining) {
      call.fail(Refusal.of(Reason.SHUTTING_DOWN, "this member is shutting down"));
      return;
    }
    if (timeLimitNanos <= 0) {
      Outcome outcome = method.hasEffect() ? Outcome.NOT_APPLIED : Outcome.READ;
      call.fail(Refusal.of(Reason.TIMEOUT, outcome, "the deadline had passed on arrival"));
      return;
    }
    if (requestBytes > limits.requestBytesMax()) {
      call.fail(
          Refusal.field(
              Reason.REQUEST_TOO_LARGE,
              "request",
              requestBytes + " bytes, limit " + limits.requestBytesMax()));
      return;
    }
    long cost = requestBytes + OVERHEAD_BYTES;
    if (!caller.requests().tryAcquire(cost)) {
      call.fail(Refusal.of(Reason.QUEUE_FULL, "too many requests are under way"));
      return;
    }
    open.add(call);
    begins.execute(
        () ->
            begin(call, work)
                .whenComplete(
                    (response, failure) -> {
                      // Before the answer, which may bring the client's next request.
                      caller.requests().release(cost);
                      if (failure == null) {
                        call.answer(response, clock.nanoTime() + limits.answerTakenMax().toNanos());
                      } else {
                        call.fail(failure);
                      }
                    }));
  }

  private static <T extends MessageLite> CompletableFuture<T> begin(Call<T> call, Work<T> work) {
    try {
      call.checkWanted();
      call.checkRoomForAnswer();
      return work.begin(call);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** A part of an answer is about to go out: its client has as long as for a whole one. */
  void stream(Call<?> call) {
    call.stream(clock.nanoTime() + limits.answerTakenMax().toNanos());
  }

  /** How long the client of the request that is handled on this thread waits. */
  long timeLimitNanos() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null
        ? limits.deadlineDefault().toNanos()
        : deadline.timeRemaining(TimeUnit.NANOSECONDS);
  }

  /** The time limit of a request that names none. */
  long timeLimitDefaultNanos() {
    return limits.deadlineDefault().toNanos();
  }

  private final class Measured implements Listener {
    private final long beganNanos;
    private final long requestBytes;

    Measured(long beganNanos, long requestBytes) {
      this.beganNanos = beganNanos;
      this.requestBytes = requestBytes;
    }

    @Override
    public void ended(Call<?> call, String reason) {
      metrics.finished(call.method().text(), reason, clock.nanoTime() - beganNanos, requestBytes);
    }

    @Override
    public void over(Call<?> call) {
      open.remove(call);
    }
  }

  /** The clients of these calls are gone. */
  void cancel(Predicate<Reply<?>> isGone) {
    for (Call<?> call : open) {
      if (isGone.test(call.reply())) {
        call.cancelled();
      }
    }
  }

  /**
   * Ends the calls whose time is up, also that for taking the answer. Called by one timer, several
   * times a second.
   */
  void expire() {
    long nowNanos = clock.nanoTime();
    for (Call<?> call : open) {
      try {
        call.expireAt(nowNanos);
      } catch (RuntimeException e) {
        // The timer must go on for the other calls.
        LOG.error("a call could not be ended", e);
      }
    }
  }

  /** From now on every request is refused. */
  void drain() {
    isDraining = true;
  }

  /** Ends what is still under way. */
  void endAll() {
    open.forEach(call -> call.expire("this member has shut down before it could answer"));
  }

  boolean isDraining() {
    return isDraining;
  }

  Errors errors() {
    return errors;
  }

  /** Requests whose work is under way. */
  Admission admission() {
    return admission;
  }

  /** Answers that their clients have not taken yet. */
  Admission answers() {
    return answers;
  }
}
