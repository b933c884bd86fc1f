package io.raftkv.client.impl;

import com.google.protobuf.MessageLite;
import io.grpc.MethodDescriptor;
import io.raftkv.client.Outcome;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.DeleteResponse;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.HashRequest;
import io.raftkv.proto.v1.HashResponse;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.MemberAddRequest;
import io.raftkv.proto.v1.MemberChangeResponse;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.MemberPromoteRequest;
import io.raftkv.proto.v1.MemberRemoveRequest;
import io.raftkv.proto.v1.MemberReplaceRequest;
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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A remote method.
 *
 * @param name for messages to people
 * @param isWrite whether it changes something, so that it may be sent again only if it certainly
 *     did not happen
 * @param isHarmless whether it may be sent again all the same: a second time makes no difference
 *     that matters
 * @param header of a response
 * @param marking what makes a request a write of a session, which may be sent again because it is
 *     applied once; null: nothing does
 * @param pipelining how small requests share a stream; null: each has its own
 */
record Method<Q extends MessageLite, R>(
    String name,
    boolean isWrite,
    boolean isHarmless,
    MethodDescriptor<Q, R> descriptor,
    Function<R, ResponseHeader> header,
    @Nullable Marking<Q> marking,
    @Nullable Pipelining<Q, R> pipelining) {
  static final Method<GetRequest, GetResponse> GET =
      new Method<>(
          "get", false, false, KVGrpc.getGetMethod(), GetResponse::getHeader, null, Pipelining.GET);
  static final Method<PutRequest, PutResponse> PUT =
      new Method<>(
          "put",
          true,
          false,
          KVGrpc.getPutMethod(),
          PutResponse::getHeader,
          Marking.PUT,
          Pipelining.PUT);
  static final Method<DeleteRequest, DeleteResponse> DELETE =
      new Method<>(
          "delete",
          true,
          false,
          KVGrpc.getDeleteMethod(),
          DeleteResponse::getHeader,
          Marking.DELETE,
          Pipelining.DELETE);
  static final Method<RangeRequest, RangeResponse> RANGE =
      new Method<>("range", false, KVGrpc.getRangeMethod(), RangeResponse::getHeader);
  static final Method<MemberListRequest, MemberListResponse> MEMBERS =
      new Method<>(
          "members", false, ClusterGrpc.getMemberListMethod(), MemberListResponse::getHeader);
  static final Method<TransferLeadershipRequest, TransferLeadershipResponse> TRANSFER =
      new Method<>(
          "transfer leadership",
          true,
          ClusterGrpc.getTransferLeadershipMethod(),
          TransferLeadershipResponse::getHeader);
  static final Method<MemberAddRequest, MemberChangeResponse> ADD =
      new Method<>(
          "add member", true, ClusterGrpc.getMemberAddMethod(), MemberChangeResponse::getHeader);
  static final Method<MemberPromoteRequest, MemberChangeResponse> PROMOTE =
      new Method<>(
          "promote member",
          true,
          ClusterGrpc.getMemberPromoteMethod(),
          MemberChangeResponse::getHeader);
  static final Method<MemberRemoveRequest, MemberChangeResponse> REMOVE =
      new Method<>(
          "remove member",
          true,
          ClusterGrpc.getMemberRemoveMethod(),
          MemberChangeResponse::getHeader);
  static final Method<MemberReplaceRequest, MemberChangeResponse> REPLACE =
      new Method<>(
          "replace member",
          true,
          ClusterGrpc.getMemberReplaceMethod(),
          MemberChangeResponse::getHeader);
  static final Method<StatusRequest, StatusResponse> STATUS =
      new Method<>("status", false, MaintenanceGrpc.getStatusMethod(), StatusResponse::getHeader);
  static final Method<HashRequest, HashResponse> HASH =
      new Method<>("hash", false, MaintenanceGrpc.getHashMethod(), HashResponse::getHeader);
  static final Method<SnapshotRequest, SnapshotChunk> SNAPSHOT =
      new Method<>("backup", false, MaintenanceGrpc.getSnapshotMethod(), SnapshotChunk::getHeader);

  static final Method<SessionOpenRequest, SessionOpenResponse> SESSION_OPEN =
      new Method<>(
          "open session",
          true,
          // One whose answer was lost expires unused.
          true,
          SessionGrpc.getOpenMethod(),
          SessionOpenResponse::getHeader,
          null,
          null);
  static final Method<SessionKeepAliveRequest, SessionKeepAliveResponse> SESSION_KEEP_ALIVE =
      new Method<>(
          "keep session",
          true,
          true,
          SessionGrpc.getKeepAliveMethod(),
          SessionKeepAliveResponse::getHeader,
          null,
          null);
  static final Method<SessionCloseRequest, SessionCloseResponse> SESSION_CLOSE =
      new Method<>(
          "close session", true, SessionGrpc.getCloseMethod(), SessionCloseResponse::getHeader);
  static final Method<SessionListRequest, SessionListResponse> SESSION_LIST =
      new Method<>(
          "list sessions", false, SessionGrpc.getListMethod(), SessionListResponse::getHeader);

  Method(
      String name,
      boolean isWrite,
      MethodDescriptor<Q, R> descriptor,
      Function<R, ResponseHeader> header) {
    this(name, isWrite, false, descriptor, header, null, null);
  }

  /** The outcome of a failure that came after the request had been handed to a connection. */
  Outcome outcomeOnceSent() {
    return isWrite ? Outcome.UNKNOWN : Outcome.READ;
  }

  /** The outcome of a failure that came before. */
  Outcome outcomeUnsent() {
    return isWrite ? Outcome.NOT_APPLIED : Outcome.READ;
  }
}
