package io.raftkv.cli;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Server;
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
import io.raftkv.proto.v1.KeyValue;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.RangeResponse;
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
import io.raftkv.proto.v1.SnapshotChunk;
import io.raftkv.proto.v1.SnapshotRequest;
import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.proto.v1.StatusResponse;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import io.raftkv.proto.v1.TransferLeadershipResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.CRC32C;

/**
 * One member that leads itself: the client services over a map. Requests are answered under the
 * map's lock. Failures can be put before the answers of the key-value methods.
 */
final class FakeServer implements AutoCloseable {
  /** Among {@link #failures}: this time it works. */
  static final StatusRuntimeException NO_FAILURE =
      new StatusRuntimeException(io.grpc.Status.OK.withDescription("no failure"));

  static final long ID = 0xfedcba9876543210L;

  private static final int PAGE_KEYS = 7;
  private static final int BACKUP_PART_BYTES = 64;

  final NavigableMap<ByteString, KeyValue> store =
      new TreeMap<>(ByteString.unsignedLexicographicalComparator());
  final Queue<StatusRuntimeException> failures = new ConcurrentLinkedQueue<>();
  final ConcurrentNavigableMap<Long, SessionInfo> sessions = new ConcurrentSkipListMap<>();
  final List<Member> members = new CopyOnWriteArrayList<>();
  final List<RangeRequest> ranges = new CopyOnWriteArrayList<>();
  final CompletableFuture<PutRequest> firstPut = new CompletableFuture<>();
  volatile boolean isMute;
  volatile byte[] backup = {};
  volatile boolean isBackupCut;
  private final Server server;
  private final String endpoint;
  private long revision;

  FakeServer() {
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .directExecutor()
              .addService(new Kv())
              .addService(new Sessions())
              .addService(new Cluster())
              .addService(new Maintenance())
              .build()
              .start();
      endpoint = "127.0.0.1:" + server.getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String endpoint() {
    return endpoint;
  }

  void put(ByteString key, ByteString value) {
    synchronized (store) {
      revision++;
      KeyValue before = store.get(key);
      store.put(
          key,
          KeyValue.newBuilder()
              .setKey(key)
              .setValue(value)
              .setCreateRevision(before == null ? revision : before.getCreateRevision())
              .setModRevision(revision)
              .setVersion(before == null ? 1 : before.getVersion() + 1)
              .build());
    }
  }

  static StatusRuntimeException failure(Code code, String reason, String outcome) {
    return failure(code, reason, outcome, Map.of());
  }

  static StatusRuntimeException failure(
      Code code, String reason, String outcome, Map<String, String> metadata) {
    ErrorInfo info =
        ErrorInfo.newBuilder()
            .setDomain("raftkv")
            .setReason(reason)
            .putMetadata("outcome", outcome)
            .putAllMetadata(metadata)
            .build();
    return StatusProto.toStatusRuntimeException(
        Status.newBuilder()
            .setCode(code.getNumber())
            .setMessage("as the test wants it")
            .addDetails(Any.pack(info))
            .build());
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private ResponseHeader header() {
    return ResponseHeader.newBuilder()
        .setClusterId(7)
        .setMemberId(ID)
        .setLeaderId(ID)
        .setTerm(3)
        .setRevision(revision)
        .setLeaderAddress(endpoint())
        .build();
  }

  private interface Answer<T> {
    T make();
  }

  private <T> void answer(StreamObserver<T> observer, Answer<T> answer) {
    StatusRuntimeException failure = failures.poll();
    if (isMute) {
      return;
    }
    if (failure != null && failure != NO_FAILURE) {
      observer.onError(failure);
      return;
    }
    T response;
    try {
      synchronized (store) {
        response = answer.make();
      }
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }

  private final class Kv extends KVGrpc.KVImplBase {
    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> observer) {
      answer(
          observer,
          () -> {
            GetResponse.Builder response = GetResponse.newBuilder().setHeader(header());
            KeyValue kv = store.get(request.getKey());
            return kv == null ? response.build() : response.setKv(kv).build();
          });
    }

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> observer) {
      firstPut.complete(request);
      answer(
          observer,
          () -> {
            KeyValue before = store.get(request.getKey());
            if (request.getIfAbsent() && before != null) {
              throw failure(Code.FAILED_PRECONDITION, "CONDITION_FAILED", "not_applied");
            }
            FakeServer.this.put(request.getKey(), request.getValue());
            PutResponse.Builder response =
                PutResponse.newBuilder().setHeader(header()).setModRevision(revision);
            if (request.getReturnPrevious() && before != null) {
              response.setPrevious(before);
            }
            return response.build();
          });
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<DeleteResponse> observer) {
      answer(
          observer,
          () -> {
            List<ByteString> doomed = new ArrayList<>();
            for (ByteString key : store.keySet()) {
              boolean isMeant =
                  request.hasKey()
                      ? key.equals(request.getKey())
                      : key.startsWith(request.getPrefix());
              if (isMeant && (request.getLimit() == 0 || doomed.size() < request.getLimit())) {
                doomed.add(key);
              }
            }
            doomed.forEach(store::remove);
            return DeleteResponse.newBuilder()
                .setHeader(header())
                .setDeleted(doomed.size())
                .build();
          });
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
      ranges.add(request);
      answer(observer, () -> page(request));
    }

    private RangeResponse page(RangeRequest request) {
      NavigableMap<ByteString, KeyValue> all = request.getReverse() ? store.descendingMap() : store;
      Map<ByteString, KeyValue> rest =
          request.getPageToken().isEmpty() ? all : all.tailMap(request.getPageToken(), false);
      RangeResponse.Builder response = RangeResponse.newBuilder().setHeader(header());
      long count = 0;
      for (KeyValue kv : rest.values()) {
        boolean isMeant =
            request.hasKey()
                ? kv.getKey().equals(request.getKey())
                : kv.getKey().startsWith(request.getPrefix());
        if (!isMeant) {
          continue;
        }
        count++;
        if (request.getCountOnly()) {
          continue;
        }
        if (count > PAGE_KEYS) {
          response.setNextPageToken(response.getKvs(PAGE_KEYS - 1).getKey());
          break;
        }
        response.addKvs(request.getKeysOnly() ? kv.toBuilder().clearValue().build() : kv);
      }
      return response.setCount(count).build();
    }
  }

  /** Answers whatever is told to the other services: a write first needs its session. */
  private final class Sessions extends SessionGrpc.SessionImplBase {
    @Override
    public void open(SessionOpenRequest request, StreamObserver<SessionOpenResponse> observer) {
      long id;
      synchronized (sessions) {
        id = sessions.size() + 1;
        sessions.put(
            id,
            SessionInfo.newBuilder()
                .setSessionId(id)
                .setName(request.getName())
                .setTtl(request.getTtl())
                .build());
      }
      observer.onNext(
          SessionOpenResponse.newBuilder()
              .setHeader(header())
              .setSessionId(id)
              .setTtl(request.getTtl())
              .build());
      observer.onCompleted();
    }

    @Override
    public void keepAlive(
        SessionKeepAliveRequest request, StreamObserver<SessionKeepAliveResponse> observer) {
      SessionInfo kept = sessions.get(request.getSessionId());
      if (kept == null) {
        observer.onError(failure(Code.FAILED_PRECONDITION, "SESSION_UNKNOWN", "not_applied"));
        return;
      }
      observer.onNext(
          SessionKeepAliveResponse.newBuilder().setHeader(header()).setTtl(kept.getTtl()).build());
      observer.onCompleted();
    }

    @Override
    public void close(SessionCloseRequest request, StreamObserver<SessionCloseResponse> observer) {
      if (sessions.remove(request.getSessionId()) == null) {
        observer.onError(failure(Code.FAILED_PRECONDITION, "SESSION_EXPIRED", "not_applied"));
        return;
      }
      observer.onNext(SessionCloseResponse.newBuilder().setHeader(header()).build());
      observer.onCompleted();
    }

    @Override
    public void list(SessionListRequest request, StreamObserver<SessionListResponse> observer) {
      SessionListResponse.Builder page = SessionListResponse.newBuilder().setHeader(header());
      // One in each page.
      var next = sessions.higherEntry(request.getAfterId());
      if (next != null) {
        page.addSessions(next.getValue()).setHasMore(true);
      }
      observer.onNext(page.build());
      observer.onCompleted();
    }
  }

  private final class Cluster extends ClusterGrpc.ClusterImplBase {
    @Override
    public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
      answer(
          observer,
          () ->
              MemberListResponse.newBuilder()
                  .setHeader(header())
                  .addAllMembers(members)
                  .setConfigRevision(1)
                  .build());
    }

    @Override
    public void transferLeadership(
        TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> observer) {
      answer(
          observer,
          () ->
              TransferLeadershipResponse.newBuilder()
                  .setHeader(header())
                  .setLeaderId(request.getMemberId())
                  .build());
    }
  }

  private final class Maintenance extends MaintenanceGrpc.MaintenanceImplBase {
    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
      answer(
          observer,
          () ->
              StatusResponse.newBuilder()
                  .setHeader(header())
                  .setName("n1")
                  .setRole("LEADER")
                  .setCommitIndex(12)
                  .setAppliedIndex(11)
                  .setStateHash(0xabcL)
                  .build());
    }

    /** In parts of a few bytes. */
    @Override
    public void snapshot(SnapshotRequest request, StreamObserver<SnapshotChunk> observer) {
      StatusRuntimeException failure = failures.poll();
      if (failure != null && failure != NO_FAILURE) {
        observer.onError(failure);
        return;
      }
      for (int at = 0; at < backup.length; at += BACKUP_PART_BYTES) {
        byte[] part =
            Arrays.copyOfRange(backup, at, Math.min(backup.length, at + BACKUP_PART_BYTES));
        CRC32C crc = new CRC32C();
        crc.update(part);
        SnapshotChunk.Builder chunk =
            SnapshotChunk.newBuilder()
                .setOffset(at)
                .setData(ByteString.copyFrom(part))
                .setCrc32C((int) crc.getValue());
        if (at == 0) {
          chunk.setHeader(header()).setIndex(40);
        }
        if (at + part.length == backup.length && !isBackupCut) {
          chunk.setTotalBytes(backup.length);
        }
        observer.onNext(chunk.build());
      }
      observer.onCompleted();
    }
  }
}
