package io.raftkv.client.impl;

import com.google.protobuf.MessageLite;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.ChangeOptions;
import io.raftkv.client.ChangeResult;
import io.raftkv.client.ClientOptions;
import io.raftkv.client.ClusterClient;
import io.raftkv.client.CountResult;
import io.raftkv.client.DeleteOptions;
import io.raftkv.client.DeleteResult;
import io.raftkv.client.Endpoint;
import io.raftkv.client.GetOptions;
import io.raftkv.client.GetResult;
import io.raftkv.client.HashResult;
import io.raftkv.client.Header;
import io.raftkv.client.KeyRange;
import io.raftkv.client.KvClient;
import io.raftkv.client.MaintenanceClient;
import io.raftkv.client.MemberStatus;
import io.raftkv.client.MembersResult;
import io.raftkv.client.NewMember;
import io.raftkv.client.PutOptions;
import io.raftkv.client.PutResult;
import io.raftkv.client.RangeOptions;
import io.raftkv.client.RangePage;
import io.raftkv.client.ReadOptions;
import io.raftkv.client.Scan;
import io.raftkv.client.SessionClient;
import io.raftkv.client.SessionResult;
import io.raftkv.client.SessionsResult;
import io.raftkv.client.SnapshotResult;
import io.raftkv.client.TransferResult;
import io.raftkv.proto.v1.HashRequest;
import io.raftkv.proto.v1.MemberChangeResponse;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.SessionCloseRequest;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionListRequest;
import io.raftkv.proto.v1.SnapshotRequest;
import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The client over gRPC: each method names its message, its route and its timeout. */
public final class GrpcKvClient implements KvClient {
  private final ClientOptions options;
  private final Caller caller;
  private final ClusterClient cluster = new Cluster();
  private final SessionClient sessions = new Sessions();
  private final MaintenanceClient maintenance = new Maintenance();

  private GrpcKvClient(ClientOptions options, Caller caller) {
    this.options = options;
    this.caller = caller;
  }

  /** A client with these options. Connects when the first call is made. */
  public static KvClient open(ClientOptions options) {
    return new GrpcKvClient(options, new Caller(options));
  }

  @Override
  public ClientOptions options() {
    return options;
  }

  @Override
  public CompletableFuture<GetResult> getAsync(ByteSequence key, GetOptions options) {
    return caller.call(
        Method.GET,
        Codec.get(key, options.read()),
        Codec::get,
        route(options.read()),
        options.timeout());
  }

  @Override
  public CompletableFuture<PutResult> putAsync(
      ByteSequence key, ByteSequence value, PutOptions options) {
    return caller.call(
        Method.PUT, Codec.put(key, value, options), Codec::put, Route.LEADER, options.timeout());
  }

  @Override
  public CompletableFuture<DeleteResult> deleteAsync(KeyRange keys, DeleteOptions options) {
    return caller.call(
        Method.DELETE, Codec.delete(keys, options), Codec::delete, Route.LEADER, options.timeout());
  }

  @Override
  public CompletableFuture<RangePage> rangeAsync(KeyRange keys, RangeOptions options) {
    return caller.call(
        Method.RANGE,
        Codec.range(keys, options),
        Codec::range,
        route(options.read()),
        options.timeout());
  }

  @Override
  public CompletableFuture<CountResult> countAsync(KeyRange keys, GetOptions options) {
    return caller.call(
        Method.RANGE,
        Codec.count(keys, options.read()),
        Codec::count,
        route(options.read()),
        options.timeout());
  }

  @Override
  public Scan scan(KeyRange keys, RangeOptions options) {
    return () -> new PagedCursor(this, keys, options);
  }

  @Override
  public ClusterClient cluster() {
    return cluster;
  }

  @Override
  public SessionClient sessions() {
    return sessions;
  }

  @Override
  public MaintenanceClient maintenance() {
    return maintenance;
  }

  @Override
  public void close() {
    caller.close();
  }

  private static Route route(ReadOptions read) {
    return switch (read.consistency()) {
      case LINEARIZABLE -> Route.LEADER;
      case SESSION, BOUNDED -> Route.ANY;
      // Whoever asks for what a member has, however old, means the members that he named.
      case LOCAL -> Route.CONFIGURED;
    };
  }

  private final class Cluster implements ClusterClient {
    @Override
    public CompletableFuture<MembersResult> membersAsync() {
      return caller.call(
          Method.MEMBERS,
          MemberListRequest.getDefaultInstance(),
          Codec::members,
          Route.LEADER,
          null);
    }

    @Override
    public CompletableFuture<ChangeResult> addAsync(NewMember member, ChangeOptions options) {
      return change(Method.ADD, Codec.add(member, options), options);
    }

    @Override
    public CompletableFuture<ChangeResult> promoteAsync(long memberId, ChangeOptions options) {
      return change(Method.PROMOTE, Codec.promote(memberId, options), options);
    }

    @Override
    public CompletableFuture<ChangeResult> removeAsync(long memberId, ChangeOptions options) {
      return change(Method.REMOVE, Codec.remove(memberId, options), options);
    }

    @Override
    public CompletableFuture<ChangeResult> replaceAsync(
        long memberId, NewMember member, ChangeOptions options) {
      return change(Method.REPLACE, Codec.replace(memberId, member, options), options);
    }

    private <Q extends MessageLite> CompletableFuture<ChangeResult> change(
        Method<Q, MemberChangeResponse> method, Q request, ChangeOptions options) {
      return caller.call(method, request, Codec::change, Route.LEADER, options.timeout());
    }

    @Override
    public CompletableFuture<TransferResult> transferLeadershipAsync(long memberId) {
      return caller.call(
          Method.TRANSFER,
          TransferLeadershipRequest.newBuilder().setMemberId(memberId).build(),
          Codec::transfer,
          Route.LEADER,
          null);
    }
  }

  private final class Sessions implements SessionClient {
    @Override
    public CompletableFuture<SessionResult> openAsync(String name, @Nullable Duration ttl) {
      return caller.call(
          Method.SESSION_OPEN, Codec.openSession(name, ttl), Codec::session, Route.LEADER, null);
    }

    @Override
    public CompletableFuture<SessionResult> keepAsync(long sessionId) {
      return caller.call(
          Method.SESSION_KEEP_ALIVE,
          SessionKeepAliveRequest.newBuilder().setSessionId(sessionId).build(),
          response -> Codec.session(sessionId, response),
          Route.LEADER,
          null);
    }

    @Override
    public CompletableFuture<Header> closeAsync(long sessionId) {
      return caller.call(
          Method.SESSION_CLOSE,
          SessionCloseRequest.newBuilder().setSessionId(sessionId).build(),
          response -> Codec.header(response.getHeader()),
          Route.LEADER,
          null);
    }

    @Override
    public CompletableFuture<SessionsResult> listAsync(long afterId) {
      return caller.call(
          Method.SESSION_LIST,
          SessionListRequest.newBuilder().setAfterId(afterId).build(),
          Codec::sessions,
          Route.LEADER,
          null);
    }
  }

  private final class Maintenance implements MaintenanceClient {
    @Override
    public CompletableFuture<MemberStatus> statusAsync(Endpoint member) {
      return caller.call(
          Method.STATUS,
          StatusRequest.getDefaultInstance(),
          response -> Codec.status(member, response),
          Route.only(member),
          null);
    }

    @Override
    public CompletableFuture<HashResult> hashAsync(Endpoint member, long atRevision) {
      return caller.call(
          Method.HASH,
          HashRequest.newBuilder().setAtRevision(atRevision).build(),
          Codec::hash,
          Route.only(member),
          null);
    }

    @Override
    public SnapshotResult snapshot(Endpoint member, ReadOptions read, OutputStream to)
        throws IOException {
      return caller.save(
          member, SnapshotRequest.newBuilder().setRead(Codec.read(read)).build(), to);
    }
  }
}
