package io.raftkv.client.impl;

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
import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.proto.v1.StatusResponse;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import io.raftkv.proto.v1.TransferLeadershipResponse;
import java.util.function.Function;

/**
 * A remote method.
 *
 * @param name for messages to people
 * @param isWrite whether it changes something, so that it may be sent again only if it certainly
 *     did not happen
 * @param header of a response
 */
record Method<Q, R>(
    String name,
    boolean isWrite,
    MethodDescriptor<Q, R> descriptor,
    Function<R, ResponseHeader> header) {
  static final Method<GetRequest, GetResponse> GET =
      new Method<>("get", false, KVGrpc.getGetMethod(), GetResponse::getHeader);
  static final Method<PutRequest, PutResponse> PUT =
      new Method<>("put", true, KVGrpc.getPutMethod(), PutResponse::getHeader);
  static final Method<DeleteRequest, DeleteResponse> DELETE =
      new Method<>("delete", true, KVGrpc.getDeleteMethod(), DeleteResponse::getHeader);
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

  /** The outcome of a failure that came after the request had been handed to a connection. */
  Outcome outcomeOnceSent() {
    return isWrite ? Outcome.UNKNOWN : Outcome.READ;
  }

  /** The outcome of a failure that came before. */
  Outcome outcomeUnsent() {
    return isWrite ? Outcome.NOT_APPLIED : Outcome.READ;
  }
}
