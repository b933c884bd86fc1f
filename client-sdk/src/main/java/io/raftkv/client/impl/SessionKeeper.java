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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one session of a client: opened when the first write asks for it, kept alive from then on,
 * and replaced by a new one when it has ended.
 *
 * <p>Thread-safe; decides under its own lock, acts outside of it.
 *
 * <pre>
 * NONE --a write--> OPENING --opened--> OPEN --the servers say that it has ended--> NONE
 *   ^------failed------'
 * </pre>
 */
final class SessionKeeper {
  private static final long RETRY_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(100);
  private static final Duration CLOSE_MAX = Duration.ofMillis(500);

  private final Caller caller;
  private final Duration ttl;

  // Guarded by this.
  private @Nullable OpenSession open;
  private boolean isOpening;
  private boolean isClosed;
  private List<Call<?, ?, ?>> waiting = new ArrayList<>();

  SessionKeeper(Caller caller, Duration ttl) {
    this.caller = caller;
    this.ttl = ttl;
  }

  /** Marks a write: now, or as soon as a session is open. */
  void mark(Call<?, ?, ?> write) {
    OpenSession.Mark mark;
    synchronized (this) {
      mark = open == null ? null : open.mark();
      if (mark == null) {
        waiting.add(write);
        if (isOpening) {
          return;
        }
        isOpening = true;
      }
    }
    if (mark != null) {
      write.marked(mark);
    } else {
      open(write.remainingNanos());
    }
  }

  private void open(long timeoutNanos) {
    long beganNanos = System.nanoTime();
    SessionOpenRequest request =
        Codec.openSession("java client, process " + ProcessHandle.current().pid(), ttl);
    Call<SessionOpenRequest, SessionOpenResponse, SessionOpenResponse> call =
        caller.begin(
            Method.SESSION_OPEN,
            request,
            response -> response,
            Route.LEADER,
            Duration.ofNanos(Math.max(1, timeoutNanos)));
    call.future()
        .whenComplete(
            (response, failure) -> {
              if (response != null) {
                opened(
                    new OpenSession(
                        response.getSessionId(), Codec.duration(response.getTtl()).toNanos()));
              } else {
                notOpened(call, System.nanoTime() - beganNanos >= timeoutNanos);
              }
            });
  }

  private void opened(OpenSession session) {
    List<Call<?, ?, ?>> writes;
    List<OpenSession.Mark> marks = new ArrayList<>();
    boolean isLate;
    synchronized (this) {
      isOpening = false;
      isLate = isClosed;
      open = session;
      writes = waiting;
      waiting = new ArrayList<>();
      writes.forEach(write -> marks.add(session.mark()));
    }
    if (isLate) {
      close(session);
    }
    keepLater(session);
    for (int i = 0; i < marks.size(); i++) {
      writes.get(i).marked(marks.get(i));
    }
  }

  /**
   * @param isTimeOver that of the write which asked first: others may have more, and ask again
   */
  private void notOpened(Call<?, ?, ?> opening, boolean isTimeOver) {
    List<Call<?, ?, ?>> writes;
    synchronized (this) {
      isOpening = false;
      writes = waiting;
      waiting = new ArrayList<>();
    }
    Failure failure = opening.failure();
    Endpoint endpoint = opening.lastEndpoint();
    for (Call<?, ?, ?> write : writes) {
      if (isTimeOver && write.hasTime()) {
        mark(write);
      } else {
        write.notMarked(failure, endpoint, opening.attempts());
      }
    }
  }

  /** The servers say that it has ended. */
  void ended(OpenSession session) {
    synchronized (this) {
      if (open == session) {
        open = null;
      }
    }
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
