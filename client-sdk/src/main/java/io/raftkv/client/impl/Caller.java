package io.raftkv.client.impl;

import com.google.protobuf.MessageLite;
import io.raftkv.client.ClientOptions;
import io.raftkv.client.Endpoint;
import io.raftkv.client.KvException;
import io.raftkv.client.Reason;
import io.raftkv.client.SnapshotResult;
import io.raftkv.proto.v1.SnapshotRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Admits calls, keeps the one timer thread, and watches over all calls under way.
 *
 * <p>Thread-safe.
 */
final class Caller {
  private static final Logger LOG = System.getLogger("io.raftkv.client");
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final Duration FOR_EVER = Duration.ofDays(365);
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ClientOptions options;
  private final long attemptTimeoutNanos;
  private final NetworkLoops loops = NetworkLoops.acquire();
  private final Routes routes;
  private final ScheduledThreadPoolExecutor timer;
  private final Set<Call<?, ?, ?>> inFlight = ConcurrentHashMap.newKeySet();

  /** Without the client's own. */
  private final AtomicInteger inFlightCount = new AtomicInteger();

  private final AtomicBoolean isTicking = new AtomicBoolean();
  private final @Nullable SessionKeeper sessions;
  private volatile boolean isClosed;

  Caller(ClientOptions options) {
    this.options = options;
    this.attemptTimeoutNanos = nanos(options.attemptTimeout());
    this.routes = new Routes(options, loops, this::leaderFound);
    this.timer = new ScheduledThreadPoolExecutor(1, Caller::timerThread);
    timer.setRemoveOnCancelPolicy(true);
    Duration sessionTtl = options.sessionTtl();
    this.sessions = sessionTtl == null ? null : new SessionKeeper(this, sessionTtl);
  }

  private static Thread timerThread(Runnable work) {
    Thread thread = new Thread(work, "raftkv-client-timer");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Makes a call. Never blocks; the future fails with a {@link io.raftkv.client.KvException}.
   *
   * @param timeout null: the client's
   */
  <Q extends MessageLite, R, T> CompletableFuture<T> call(
      Method<Q, R> method,
      Q request,
      Function<R, T> decode,
      Route route,
      @Nullable Duration timeout) {
    Duration allowed = timeout == null ? options.timeout() : timeout;
    if (inFlightCount.incrementAndGet() > options.maxInFlight()) {
      inFlightCount.decrementAndGet();
      return refused(
          method,
          Reason.QUEUE_FULL,
          "this client has " + options.maxInFlight() + " calls under way already");
    }
    Call<Q, R, T> call = new Call<>(this, method, request, decode, route, nanos(allowed), false);
    inFlight.add(call);
    if (isClosed) {
      call.end(Reason.CLIENT_CLOSED, "this client is closed");
      return call.future();
    }
    keepTicking();
    if (sessions != null && method.marking() != null) {
      call.awaitMark();
    } else {
      call.start();
    }
    return call.future();
  }

  /** Makes a call of the client's own: it is not counted, and is made while it closes, too. */
  <Q extends MessageLite, R, T> Call<Q, R, T> begin(
      Method<Q, R> method, Q request, Function<R, T> decode, Route route, Duration timeout) {
    Call<Q, R, T> call = new Call<>(this, method, request, decode, route, nanos(timeout), true);
    inFlight.add(call);
    keepTicking();
    call.start();
    return call;
  }

  /**
   * Writes a backup of a member to a stream. Blocks.
   *
   * @throws io.raftkv.client.KvException if the member cannot be reached, refuses, or breaks off
   * @throws IOException if {@code to} cannot be written
   */
  SnapshotResult save(Endpoint member, SnapshotRequest request, OutputStream to)
      throws IOException {
    Blocking.requireOwnThread();
    Connection connection = routes.pick(Route.only(member), List.of());
    SnapshotDownload download =
        new SnapshotDownload(
            connection,
            request,
            to,
            nanos(options.timeout()),
            header -> routes.learn(header, connection));
    try {
      return download.run();
    } catch (KvException e) {
      if (!isClosed) {
        throw e;
      }
      throw Failure.local(
              Reason.CLIENT_CLOSED, Method.SNAPSHOT.outcomeOnceSent(), "this client was closed")
          .toException(Method.SNAPSHOT, member, 1, 0);
    }
  }

  /** Asks for the mark of a write. */
  void mark(Call<?, ?, ?> write) {
    keeper().mark(write);
  }

  /** A write needs its mark no longer. */
  void release(OpenSession.Mark mark) {
    keeper().release(mark);
  }

  /** A write awaits no mark any more. */
  void forget(Call<?, ?, ?> write) {
    keeper().forget(write);
  }

  /** The servers say that this session has ended. */
  void sessionEnded(OpenSession session) {
    keeper().ended(session);
  }

  private SessionKeeper keeper() {
    if (sessions == null) {
      throw new IllegalStateException("a mark without sessions");
    }
    return sessions;
  }

  /** A year is for ever here, and leaves room for sums. */
  private static long nanos(Duration duration) {
    return duration.compareTo(FOR_EVER) > 0 ? FOR_EVER.toNanos() : duration.toNanos();
  }

  private static <T> CompletableFuture<T> refused(
      Method<?, ?> method, Reason reason, String detail) {
    Failure failure = Failure.local(reason, method.outcomeUnsent(), detail);
    return CompletableFuture.failedFuture(failure.toException(method, null, 0, 0));
  }

  /** Whether small calls share streams. */
  boolean isPipelined() {
    return options.isPipelined();
  }

  Routes routes() {
    return routes;
  }

  /** A call has ended. */
  void finished(Call<?, ?, ?> call) {
    if (inFlight.remove(call) && !call.isOwn()) {
      inFlightCount.decrementAndGet();
    }
    call.over();
  }

  /** Runs {@code work} on the timer thread; not at all if the client is closed before. */
  void schedule(Runnable work, long delayNanos) {
    try {
      // What goes wrong inside is logged there.
      Future<?> unused = timer.schedule(guarded(work), delayNanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // Closing ends every call, so nothing is waiting for this.
      LOG.log(Level.DEBUG, "not scheduled, the client is closed");
    }
  }

  private static Runnable guarded(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "defect in the raftkv client", e);
      }
    };
  }

  /** One look at all calls costs less than a timer for each. */
  private void keepTicking() {
    if (isTicking.compareAndSet(false, true)) {
      schedule(this::tick, TICK_NANOS);
    }
  }

  private void tick() {
    try {
      long now = System.nanoTime();
      for (Call<?, ?, ?> call : inFlight) {
        call.tick(now, attemptTimeoutNanos);
      }
    } finally {
      isTicking.set(false);
      if (!inFlight.isEmpty()) {
        keepTicking();
      }
    }
  }

  private void leaderFound() {
    for (Call<?, ?, ?> call : inFlight) {
      call.leaderFound();
    }
  }

  /** A member did not answer: prefer others, and ask it until it does. */
  void silent(Connection connection) {
    if (!isClosed && connection.markSilent()) {
      LOG.log(Level.DEBUG, "{0} does not answer", connection.endpoint());
      new Probe(this, connection, attemptTimeoutNanos).start();
    }
  }

  /**
   * Ends all calls, the session, and all connections; waits 0.3 s for the session and a second for
   * connections at most.
   */
  void close() {
    boolean isFirst = !isClosed;
    isClosed = true;
    endCalls();
    if (isFirst && sessions != null) {
      closeSession(sessions);
    }
    timer.shutdownNow();
    endCalls();
    routes.shutdown();
    if (!NetworkThread.isCurrent()) {
      awaitConnections();
    }
    if (isFirst) {
      loops.close();
    }
  }

  private void awaitConnections() {
    long until = System.nanoTime() + CLOSE_NANOS;
    try {
      for (Connection connection : routes.connections()) {
        connection.awaitShutdown(until);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void endCalls() {
    for (Call<?, ?, ?> call : inFlight) {
      call.end(Reason.CLIENT_CLOSED, "this client was closed");
    }
  }

  private static void closeSession(SessionKeeper sessions) {
    CompletableFuture<?> closed = sessions.close();
    if (NetworkThread.isCurrent()) {
      return;
    }
    try {
      // The call ends by itself.
      closed.get();
    } catch (ExecutionException e) {
      LOG.log(Level.DEBUG, "the session was not closed and will expire: {0}", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
