package io.raftkv.service;

import com.google.protobuf.Duration;
import io.grpc.stub.StreamObserver;
import io.raftkv.kv.Commands;
import io.raftkv.kv.KvView;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.ResponseHeader;
import io.raftkv.proto.v1.SessionCloseRequest;
import io.raftkv.proto.v1.SessionCloseResponse;
import io.raftkv.proto.v1.SessionGrpc;
import io.raftkv.proto.v1.SessionInfo;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionKeepAliveResponse;
import io.raftkv.proto.v1.SessionListRequest;
import io.raftkv.proto.v1.SessionListResponse;
import io.raftkv.proto.v1.SessionOpenRequest;
import io.raftkv.proto.v1.SessionOpenResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Sessions. Handlers run on network loops, answers on lanes. */
final class SessionService extends SessionGrpc.SessionImplBase {
  private final ServiceContext context;
  private final Calls calls;
  private final RequestChecks checks;

  SessionService(ServiceContext context) {
    this.context = context;
    this.calls = context.calls();
    this.checks = context.checks();
  }

  @Override
  public void open(SessionOpenRequest request, StreamObserver<SessionOpenResponse> observer) {
    calls.run(Method.SESSION_OPEN, request, observer, call -> open(request));
  }

  private CompletableFuture<SessionOpenResponse> open(SessionOpenRequest request) {
    byte[] command =
        Commands.openSession(checks.sessionName(request), checks.sessionTtlMillis(request));
    return propose(command)
        .thenApply(
            result ->
                SessionOpenResponse.newBuilder()
                    .setHeader(header(result))
                    .setSessionId(result.getSessionId())
                    .setTtl(ofMillis(result.getSessionTtlMillis()))
                    .build());
  }

  @Override
  public void keepAlive(
      SessionKeepAliveRequest request, StreamObserver<SessionKeepAliveResponse> observer) {
    calls.run(Method.SESSION_KEEP_ALIVE, request, observer, call -> keepAlive(request));
  }

  private CompletableFuture<SessionKeepAliveResponse> keepAlive(SessionKeepAliveRequest request) {
    byte[] command =
        Commands.keepSession(
            RequestChecks.sessionId("session_id", request.getSessionId()),
            RequestChecks.firstOutstanding(request));
    return propose(command)
        .thenApply(
            result ->
                SessionKeepAliveResponse.newBuilder()
                    .setHeader(header(result))
                    .setTtl(ofMillis(result.getSessionTtlMillis()))
                    .build());
  }

  @Override
  public void close(SessionCloseRequest request, StreamObserver<SessionCloseResponse> observer) {
    calls.run(Method.SESSION_CLOSE, request, observer, call -> close(request));
  }

  private CompletableFuture<SessionCloseResponse> close(SessionCloseRequest request) {
    byte[] command =
        Commands.closeSession(RequestChecks.sessionId("session_id", request.getSessionId()));
    return propose(command)
        .thenApply(result -> SessionCloseResponse.newBuilder().setHeader(header(result)).build());
  }

  private CompletableFuture<CommandResult> propose(byte[] command) {
    return context
        .consensus()
        .propose(command)
        .thenApply(
            bytes -> {
              CommandResult result = Commands.decodeResult(bytes);
              SessionRefusals.check(result, Outcome.NOT_APPLIED);
              return result;
            });
  }

  private ResponseHeader header(CommandResult result) {
    return context.headers().at(result.getRevision());
  }

  @Override
  public void list(SessionListRequest request, StreamObserver<SessionListResponse> observer) {
    calls.run(Method.SESSION_LIST, request, observer, call -> list(request, call));
  }

  private CompletableFuture<SessionListResponse> list(
      SessionListRequest request, Call<SessionListResponse> call) {
    int limit = checks.sessions(request);
    if (request.getAfterId() < 0) {
      // Ids go up from 1 and never come so far.
      return CompletableFuture.completedFuture(
          SessionListResponse.newBuilder()
              .setHeader(context.headers().at(context.reads().local().revision()))
              .build());
    }
    return context
        .reads()
        .view(call, ReadOptions.getDefaultInstance())
        .thenCompose(
            view -> context.pages().run(call, () -> page(view, request.getAfterId(), limit)));
  }

  private SessionListResponse page(KvView view, long afterId, int limit) {
    List<io.raftkv.kv.SessionInfo> found = view.sessions(afterId, limit);
    SessionListResponse.Builder response =
        SessionListResponse.newBuilder()
            .setHeader(context.headers().at(view.revision()))
            .setHasMore(found.size() == limit);
    for (io.raftkv.kv.SessionInfo session : found) {
      response.addSessions(
          SessionInfo.newBuilder()
              .setSessionId(session.id())
              .setName(session.name())
              .setTtl(ofMillis(session.ttlMillis()))
              .setIdle(ofMillis(view.clusterTimeMillis() - session.heardMillis()))
              .setAnswers(session.results())
              .setKeys(session.keys()));
    }
    return response.build();
  }

  private static Duration ofMillis(long millis) {
    return Duration.newBuilder()
        .setSeconds(millis / 1_000)
        .setNanos((int) (millis % 1_000) * 1_000_000)
        .build();
  }
}
