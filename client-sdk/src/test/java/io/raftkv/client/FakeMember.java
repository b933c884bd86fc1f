package io.raftkv.client;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.DeleteResponse;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PipelineGrpc;
import io.raftkv.proto.v1.PipelineRequest;
import io.raftkv.proto.v1.PipelineResponse;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.RangeResponse;
import io.raftkv.proto.v1.ResponseHeader;
import io.raftkv.proto.v1.SessionCloseRequest;
import io.raftkv.proto.v1.SessionCloseResponse;
import io.raftkv.proto.v1.SessionGrpc;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionKeepAliveResponse;
import io.raftkv.proto.v1.SessionListRequest;
import io.raftkv.proto.v1.SessionListResponse;
import io.raftkv.proto.v1.SessionOpenRequest;
import io.raftkv.proto.v1.SessionOpenResponse;
import io.raftkv.proto.v1.SnapshotChunk;
import io.raftkv.proto.v1.SnapshotRequest;
import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.proto.v1.StatusResponse;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import io.raftkv.proto.v1.TransferLeadershipResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A member on a real loopback port that answers as it was told: with a message, an error, later (a
 * future of a message), with a list of messages that an error or silence may end, or never.
 */
final class FakeMember implements AutoCloseable {
  /** What stands for an answer that never comes. */
  static final Object SILENCE = new Object();

  /**
   * Below the ports that systems give to outgoing connections: otherwise one of those may take the
   * port of a member that is stopped, and it could not come back.
   */
  private static final int PORT_MIN = 20_000;

  private static final AtomicLong SESSIONS = new AtomicLong();

  private static final int PORT_MAX = 32_000;
  private static final int BIND_ATTEMPTS_MAX = 200;
  private static final long BIND_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  final long id;
  final List<Object> received = new CopyOnWriteArrayList<>();

  /** The first request that is not about sessions. */
  final CompletableFuture<Object> firstReceived = new CompletableFuture<>();

  volatile Function<Object, Object> behaviour = this::answer;
  volatile Function<Object, Object> sessionBehaviour = this::answerOfSessions;

  /** Streams of many calls that were opened. */
  final AtomicInteger pipelines = new AtomicInteger();

  /** Requests that came over one of these. */
  final AtomicInteger pipelined = new AtomicInteger();

  /** False: it is of an older version. To be set before it starts. */
  final boolean hasPipeline;

  volatile long leaderId;
  volatile String leaderAddress = "";
  volatile long term = 1;

  private final ConcurrentLinkedQueue<Object> script = new ConcurrentLinkedQueue<>();
  private @Nullable Server server;
  private int port;

  FakeMember(long id) {
    this(id, true);
  }

  FakeMember(long id, boolean hasPipeline) {
    this.id = id;
    this.hasPipeline = hasPipeline;
    start();
  }

  /** Opens the port; the same one each time. */
  void start() {
    int attempts = 0;
    while (server == null) {
      int candidate = port == 0 ? ThreadLocalRandom.current().nextInt(PORT_MIN, PORT_MAX) : port;
      try {
        server = serve(candidate);
        port = candidate;
      } catch (IOException e) {
        if (++attempts == BIND_ATTEMPTS_MAX) {
          throw new IllegalStateException(e);
        }
        LockSupport.parkNanos(BIND_PAUSE_NANOS);
      }
    }
  }

  private Server serve(int candidate) throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", candidate));
    if (hasPipeline) {
      builder.addService(new Pipelines());
    }
    return builder
        .directExecutor()
        .addService(new Kv())
        .addService(new Cluster())
        .addService(new Sessions())
        .addService(new Maintenance())
        .build()
        .start();
  }

  /** Closes the port and breaks every connection. */
  void stop() {
    if (server == null) {
      return;
    }
    try {
      server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server = null;
  }

  @Override
  public void close() {
    stop();
  }

  Endpoint endpoint() {
    return new Endpoint("127.0.0.1", port);
  }

  /**
   * The next requests, except those about sessions and status, get these answers, in this order.
   */
  FakeMember script(Object... answers) {
    script.addAll(List.of(answers));
    return this;
  }

  FakeMember leads() {
    return follows(this);
  }

  FakeMember follows(FakeMember leader) {
    leaderId = leader.id;
    leaderAddress = leader.endpoint().toString();
    return this;
  }

  /** A definite refusal of a member that names itself as the leader: it hands its office over. */
  StatusRuntimeException refusalOfTheLeader() {
    return error(Status.Code.UNAVAILABLE, "NOT_READY", "not_applied", hint(this, term));
  }

  /** What an error says about the leader. */
  static Map<String, String> hint(FakeMember leader, long term) {
    return Map.of(
        "leader_id", Long.toString(leader.id),
        "leader_address", leader.endpoint().toString(),
        "term", Long.toString(term));
  }

  /** How many requests of this type came. */
  long count(Class<?> type) {
    return received.stream().filter(type::isInstance).count();
  }

  ResponseHeader header() {
    return ResponseHeader.newBuilder()
        .setClusterId(7)
        .setMemberId(id)
        .setLeaderId(leaderId)
        .setLeaderAddress(leaderAddress)
        .setTerm(term)
        .setRevision(42)
        .build();
  }

  /** What a healthy member says. */
  Object answer(Object request) {
    if (request instanceof GetRequest) {
      return GetResponse.newBuilder().setHeader(header()).build();
    } else if (request instanceof PutRequest) {
      return PutResponse.newBuilder().setHeader(header()).setModRevision(42).build();
    } else if (request instanceof DeleteRequest) {
      return DeleteResponse.newBuilder().setHeader(header()).setDeleted(1).build();
    } else if (request instanceof RangeRequest) {
      return RangeResponse.newBuilder().setHeader(header()).build();
    } else if (request instanceof StatusRequest) {
      return StatusResponse.newBuilder().setHeader(header()).setName("n" + id).build();
    } else if (request instanceof MemberListRequest) {
      return MemberListResponse.newBuilder().setHeader(header()).build();
    }
    return TransferLeadershipResponse.newBuilder().setHeader(header()).build();
  }

  /** Sessions of all members together, given in turn. */
  Object answerOfSessions(Object request) {
    Duration ttl = Duration.newBuilder().setSeconds(30).build();
    if (request instanceof SessionOpenRequest open) {
      return SessionOpenResponse.newBuilder()
          .setHeader(header())
          .setSessionId(SESSIONS.incrementAndGet())
          .setTtl(open.hasTtl() ? open.getTtl() : ttl)
          .build();
    } else if (request instanceof SessionKeepAliveRequest) {
      return SessionKeepAliveResponse.newBuilder().setHeader(header()).setTtl(ttl).build();
    } else if (request instanceof SessionCloseRequest) {
      return SessionCloseResponse.newBuilder().setHeader(header()).build();
    }
    return SessionListResponse.newBuilder().setHeader(header()).build();
  }

  static StatusRuntimeException error(
      Status.Code code, String reason, String outcome, Map<String, String> metadata) {
    return error(code, reason, outcome, metadata, null);
  }

  static StatusRuntimeException error(
      Status.Code code,
      String reason,
      String outcome,
      Map<String, String> metadata,
      @Nullable Duration retryDelay) {
    List<Any> details = new ArrayList<>();
    details.add(
        Any.pack(
            ErrorInfo.newBuilder()
                .setDomain("raftkv")
                .setReason(reason)
                .putMetadata("outcome", outcome)
                .putAllMetadata(metadata)
                .build()));
    if (retryDelay != null) {
      details.add(Any.pack(RetryInfo.newBuilder().setRetryDelay(retryDelay).build()));
    }
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(code.value())
            .setMessage("told by a fake")
            .addAllDetails(details)
            .build());
  }

  @SuppressWarnings("unchecked")
  private <R> void reply(Object request, StreamObserver<R> observer) {
    received.add(request);
    Object answer;
    if (isOfSessions(request)) {
      answer = sessionBehaviour.apply(request);
    } else {
      Object scripted = request instanceof StatusRequest ? null : script.poll();
      answer = scripted == null ? behaviour.apply(request) : scripted;
    }
    if (answer instanceof StatusRuntimeException error) {
      observer.onError(error);
    } else if (answer instanceof List<?> stream) {
      for (Object each : stream) {
        if (each instanceof StatusRuntimeException error) {
          observer.onError(error);
          return;
        }
        if (each == SILENCE) {
          return;
        }
        observer.onNext((R) each);
      }
      observer.onCompleted();
    } else if (answer instanceof CompletableFuture<?> later) {
      later.thenAccept(message -> succeed(observer, (R) message));
    } else if (answer != SILENCE) {
      succeed(observer, (R) answer);
    }
    if (!isOfSessions(request)) {
      firstReceived.complete(request);
    }
  }

  private static boolean isOfSessions(Object request) {
    return request instanceof SessionOpenRequest
        || request instanceof SessionKeepAliveRequest
        || request instanceof SessionCloseRequest
        || request instanceof SessionListRequest;
  }

  private static <R> void succeed(StreamObserver<R> observer, R message) {
    observer.onNext(message);
    observer.onCompleted();
  }

  private final class Kv extends KVGrpc.KVImplBase {
    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> observer) {
      reply(request, observer);
    }

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> observer) {
      reply(request, observer);
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<DeleteResponse> observer) {
      reply(request, observer);
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
      reply(request, observer);
    }
  }

  private final class Pipelines extends PipelineGrpc.PipelineImplBase {
    @Override
    public StreamObserver<PipelineRequest> open(StreamObserver<PipelineResponse> observer) {
      pipelines.incrementAndGet();
      return new StreamObserver<>() {
        @Override
        public void onNext(PipelineRequest request) {
          request.getCallsList().forEach(this::call);
        }

        private void call(PipelineCall call) {
          pipelined.incrementAndGet();
          switch (call.getRequestCase()) {
            case GET -> reply(call.getGet(), one(call.getId()));
            case PUT -> reply(call.getPut(), one(call.getId()));
            case DELETE -> reply(call.getDelete(), one(call.getId()));
            case REQUEST_NOT_SET -> throw new IllegalArgumentException("a call of nothing");
          }
        }

        private StreamObserver<Object> one(long id) {
          PipelineAnswer.Builder answer = PipelineAnswer.newBuilder().setId(id);
          return new StreamObserver<>() {
            @Override
            public void onNext(Object message) {
              if (message instanceof GetResponse get) {
                answer.setGet(get);
              } else if (message instanceof PutResponse put) {
                answer.setPut(put);
              } else if (message instanceof DeleteResponse delete) {
                answer.setDelete(delete);
              }
            }

            @Override
            public void onError(Throwable failure) {
              com.google.rpc.Status error = StatusProto.fromThrowable(failure);
              send(error == null ? answer : answer.setError(error));
            }

            @Override
            public void onCompleted() {
              send(answer);
            }
          };
        }

        private void send(PipelineAnswer.Builder answer) {
          synchronized (observer) {
            observer.onNext(PipelineResponse.newBuilder().addAnswers(answer).build());
          }
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          observer.onCompleted();
        }
      };
    }
  }

  private final class Sessions extends SessionGrpc.SessionImplBase {
    @Override
    public void open(SessionOpenRequest request, StreamObserver<SessionOpenResponse> observer) {
      reply(request, observer);
    }

    @Override
    public void keepAlive(
        SessionKeepAliveRequest request, StreamObserver<SessionKeepAliveResponse> observer) {
      reply(request, observer);
    }

    @Override
    public void close(SessionCloseRequest request, StreamObserver<SessionCloseResponse> observer) {
      reply(request, observer);
    }

    @Override
    public void list(SessionListRequest request, StreamObserver<SessionListResponse> observer) {
      reply(request, observer);
    }
  }

  private final class Cluster extends ClusterGrpc.ClusterImplBase {
    @Override
    public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
      reply(request, observer);
    }

    @Override
    public void transferLeadership(
        TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> observer) {
      reply(request, observer);
    }
  }

  private final class Maintenance extends MaintenanceGrpc.MaintenanceImplBase {
    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
      reply(request, observer);
    }

    @Override
    public void snapshot(SnapshotRequest request, StreamObserver<SnapshotChunk> observer) {
      reply(request, observer);
    }
  }
}
