package io.raftkv.transport;

import io.grpc.MethodDescriptor;
import io.raftkv.proto.peer.v1.AppendRequest;
import io.raftkv.proto.peer.v1.AppendResponse;
import io.raftkv.proto.peer.v1.ForwardRequest;
import io.raftkv.proto.peer.v1.ForwardResponse;
import io.raftkv.proto.peer.v1.HeartbeatRequest;
import io.raftkv.proto.peer.v1.HeartbeatResponse;
import io.raftkv.proto.peer.v1.RaftGrpc;
import io.raftkv.proto.peer.v1.ReadIndexRequest;
import io.raftkv.proto.peer.v1.ReadIndexResponse;
import io.raftkv.proto.peer.v1.SnapshotAck;
import io.raftkv.proto.peer.v1.SnapshotChunk;
import io.raftkv.proto.peer.v1.TimeoutNowRequest;
import io.raftkv.proto.peer.v1.TimeoutNowResponse;
import io.raftkv.proto.peer.v1.VoteRequest;
import io.raftkv.proto.peer.v1.VoteResponse;
import io.raftkv.raft.Message;
import java.util.Arrays;
import java.util.List;

/** The methods of the peer service: one stream each, from each member to each other one. */
enum Rpc {
  REQUEST_VOTE(
      RaftGrpc.getRequestVoteMethod(),
      VoteRequest.getDefaultInstance(),
      VoteResponse.getDefaultInstance(),
      Message.Stream.CONTROL),
  HEARTBEAT(
      RaftGrpc.getHeartbeatMethod(),
      HeartbeatRequest.getDefaultInstance(),
      HeartbeatResponse.getDefaultInstance(),
      Message.Stream.CONTROL),
  TIMEOUT_NOW(
      RaftGrpc.getTimeoutNowMethod(),
      TimeoutNowRequest.getDefaultInstance(),
      TimeoutNowResponse.getDefaultInstance(),
      Message.Stream.CONTROL),
  READ_INDEX(
      RaftGrpc.getReadIndexMethod(),
      ReadIndexRequest.getDefaultInstance(),
      ReadIndexResponse.getDefaultInstance(),
      Message.Stream.CONTROL),
  FORWARD(
      RaftGrpc.getForwardMethod(),
      ForwardRequest.getDefaultInstance(),
      ForwardResponse.getDefaultInstance(),
      Message.Stream.FORWARD),
  APPEND_ENTRIES(
      RaftGrpc.getAppendEntriesMethod(),
      AppendRequest.getDefaultInstance(),
      AppendResponse.getDefaultInstance(),
      Message.Stream.REPLICATION),
  INSTALL_SNAPSHOT(
      RaftGrpc.getInstallSnapshotMethod(),
      SnapshotChunk.getDefaultInstance(),
      SnapshotAck.getDefaultInstance(),
      Message.Stream.SNAPSHOT);

  static final int COUNT = values().length;

  /** Connections between a pair of members, and which streams share one. */
  enum Connection {
    CONTROL(Message.Stream.CONTROL, Message.Stream.FORWARD),
    REPLICATION(Message.Stream.REPLICATION),
    SNAPSHOT(Message.Stream.SNAPSHOT);

    private final List<Message.Stream> streams;

    Connection(Message.Stream... streams) {
      this.streams = List.of(streams);
    }

    List<Rpc> rpcs() {
      return Arrays.stream(Rpc.values()).filter(rpc -> streams.contains(rpc.stream())).toList();
    }
  }

  private final MethodDescriptor<Frame, Frame> method;
  private final Message.Stream stream;

  Rpc(
      MethodDescriptor<?, ?> generated,
      com.google.protobuf.Message request,
      com.google.protobuf.Message response,
      Message.Stream stream) {
    this.method =
        generated.toBuilder(Frame.marshaller(request), Frame.marshaller(response)).build();
    this.stream = stream;
  }

  MethodDescriptor<Frame, Frame> method() {
    return method;
  }

  Message.Stream stream() {
    return stream;
  }

  /** The method whose stream carries the message, as a request or as an answer. */
  static Rpc of(Message message) {
    return switch (message.stream()) {
      case REPLICATION -> APPEND_ENTRIES;
      case SNAPSHOT -> INSTALL_SNAPSHOT;
      case FORWARD -> FORWARD;
      case CONTROL -> control(message);
    };
  }

  private static Rpc control(Message message) {
    if (message instanceof Message.HeartbeatRequest
        || message instanceof Message.HeartbeatResponse) {
      return HEARTBEAT;
    }
    if (message instanceof Message.VoteRequest || message instanceof Message.VoteResponse) {
      return REQUEST_VOTE;
    }
    return message instanceof Message.TimeoutNow ? TIMEOUT_NOW : READ_INDEX;
  }

  /** Whether the message returns on a stream that the peer opened. */
  static boolean isAnswer(Message message) {
    return message instanceof Message.AppendResponse
        || message instanceof Message.HeartbeatResponse
        || message instanceof Message.VoteResponse
        || message instanceof Message.ReadIndexResponse
        || message instanceof Message.SnapshotAck
        || message instanceof Message.ForwardResult;
  }
}
