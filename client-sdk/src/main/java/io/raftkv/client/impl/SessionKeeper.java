package io.raftkv.client.impl;

import io.raftkv.client.Endpoint;
import io.raftkv.proto.v1.SessionCloseRequest;
import io.raftkv.proto.v1.SessionCloseResponse;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionKeepAliveResponse;
import io.raftkv.proto.v1.SessionOpenRequest;
import io.raftkv.proto.v1.SessionOpenResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one session of a client's writes: opened when the first of them asks for it, kept alive from
 * then on, and replaced by a new one when it has ended. Writes get their marks in the order in
 * which they asked, as soon as there is a session with room for them.
 *
 * <p>Thread-safe; decides under its own lock, acts outside of it.
 *
 * <pre>
 * NONE --a write waits--> OPENING --opened--> OPEN --the servers say that it has ended--> NONE
 *   ^--------failed----------'
 * </pre>
 */
final class SessionKeeper {
  private static final long RETRY_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(100);
  private static final Duration CLOSE_MAX = Duration.ofMillis(200);

  private final Caller caller;
  private final Duration ttl;

  // Guarded by this.
  private @Nullable OpenSession open;
  private boolean isOpening;
  private boolean isClosed;

  /** In the order in which they asked. */
  private final LinkedHashSet<Call<?, ?, ?>> waiting = new LinkedHashSet<>();

  SessionKeeper(Caller caller, Duration ttl) {
    this.caller = caller;
    this.ttl = ttl;
  }

  /** Marks a write: now, or as soon as there is a session with room for it. */
  void mark(Call<?, ?, ?> write) {
    synchronized (this) {
      waiting.add(write);
    }
    serve();
  }

  /** It waits no longer. */
  void forget(Call<?, ?, ?> write) {
    synchronized (this) {
      waiting.remove(write);
    }
    // It may have been in the way of smaller ones.
    serve();
  }

  /** The call of a write is over. */
  void release(OpenSession.Mark mark) {
    mark.session().release(mark);
    serve();
  }

  /** Gives marks to those who wait, as far as there is room; or sees to it that there will be. */
  private void serve() {
    List<Call<?, ?, ?>> writes = new ArrayList<>();
    List<OpenSession.Mark> marks = new ArrayList<>();
    Call<?, ?, ?> first = null;
    synchronized (this) {
      OpenSession session = open;
      Iterator<Call<?, ?, ?>> next = waiting.iterator();
      if (session == null && !isOpening && !isClosed && next.hasNext()) {
        isOpening = true;
        first = next.next();
      }
      boolean hasRoom = session != null;
      while (session != null && hasRoom && next.hasNext()) {
        Call<?, ?, ?> write = next.next();
        OpenSession.Mark mark = session.mark(write.answerBytesMax());
        hasRoom = mark != null;
        if (mark != null) {
          next.remove();
          writes.add(write);
          marks.add(mark);
        }
      }
    }
    for (int i = 0; i < marks.size(); i++) {
      writes.get(i).marked(marks.get(i));
    }
    if (first != null) {
      open(first);
    }
  }

  /**
   * @param asker the write whose time it takes
   */
  private void open(Call<?, ?, ?> asker) {
    SessionOpenRequest request =
        Codec.openSession("java client, process " + ProcessHandle.current().pid(), ttl);
    Call<SessionOpenRequest, SessionOpenResponse, SessionOpenResponse> call =
        caller.begin(
            Method.SESSION_OPEN,
            request,
            response -> response,
            Route.LEADER,
            Duration.ofNanos(Math.max(1, asker.remainingNanos())));
    call.future()
        .whenComplete(
            (response, failure) -> {
              if (response != null) {
                opened(
                    new OpenSession(
                        response.getSessionId(), Codec.duration(response.getTtl()).toNanos()));
              } else {
                notOpened(call, asker);
              }
            });
  }

  private void opened(OpenSession session) {
    boolean isLate;
    synchronized (this) {
      isOpening = false;
      isLate = isClosed;
      open = session;
    }
    if (isLate) {
      close(session);
    }
    keepLater(session);
    serve();
  }

  /** Whoever has more time than the one that asked first asks again, if that may help. */
  private void notOpened(Call<?, ?, ?> opening, Call<?, ?, ?> asker) {
    Failure failure = opening.failure();
    List<Call<?, ?, ?>> refused = new ArrayList<>();
    synchronized (this) {
      isOpening = false;
      for (Call<?, ?, ?> write : waiting) {
        if (write == asker || !failure.isTransient() || !write.hasTime()) {
          refused.add(write);
        }
      }
      refused.forEach(waiting::remove);
    }
    Endpoint endpoint = opening.lastEndpoint();
    refused.forEach(write -> write.notMarked(failure, endpoint, opening.attempts()));
    serve();
  }

  /** The servers say that it has ended. */
  void ended(OpenSession session) {
    synchronized (this) {
      if (open == session) {
        open = null;
      }
    }
    serve();
  }

  private synchronized boolean isOpen(OpenSession session) {
    return open == session && !isClosed;
  }

  private void keepLater(OpenSession session) {
    long nanos = Math.max(RETRY_NANOS_MIN, session.quietNanos());
    caller.schedule(() -> keep(session), nanos);
  }

  /** Writes keep it alive, too, so that a busy client sends nothing for it. */
  private void keep(OpenSession session) {
    if (!isOpen(session)) {
      return;
    }
    if (session.quietNanos() > 0) {
      keepLater(session);
      return;
    }
    long sentNanos = System.nanoTime();
    SessionKeepAliveRequest request =
        SessionKeepAliveRequest.newBuilder()
            .setSessionId(session.id())
            .setFirstOutstanding(session.firstOutstanding())
            .build();
    Call<SessionKeepAliveRequest, SessionKeepAliveResponse, SessionKeepAliveResponse> call =
        caller.begin(
            Method.SESSION_KEEP_ALIVE,
            request,
            response -> response,
            Route.LEADER,
            Duration.ofNanos(session.ttlNanos() / 3));
    call.future()
        .whenComplete(
            (response, failure) -> {
              if (response != null) {
                session.heard(sentNanos);
              } else if (call.failure().isSessionEnded()) {
                ended(session);
              }
              keepLater(session);
            });
  }

  /** Ends the session at the servers, too, unless they do not answer soon. */
  CompletableFuture<?> close() {
    OpenSession session;
    synchronized (this) {
      isClosed = true;
      session = open;
    }
    return session == null ? CompletableFuture.completedFuture(null) : close(session);
  }

  private CompletableFuture<SessionCloseResponse> close(OpenSession session) {
    Call<SessionCloseRequest, SessionCloseResponse, SessionCloseResponse> call =
        caller.begin(
            Method.SESSION_CLOSE,
            SessionCloseRequest.newBuilder().setSessionId(session.id()).build(),
            response -> response,
            Route.LEADER,
            CLOSE_MAX);
    return call.future();
  }
}
