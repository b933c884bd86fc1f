package io.raftkv.transport;

import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import io.raftkv.proto.peer.v1.AppendRequest;
import io.raftkv.proto.peer.v1.AppendResponse;
import io.raftkv.proto.peer.v1.Entry;
import io.raftkv.proto.peer.v1.ForwardRequest;
import io.raftkv.proto.peer.v1.ForwardResponse;
import io.raftkv.proto.peer.v1.HeartbeatRequest;
import io.raftkv.proto.peer.v1.HeartbeatResponse;
import io.raftkv.proto.peer.v1.ReadIndexRequest;
import io.raftkv.proto.peer.v1.ReadIndexResponse;
import io.raftkv.proto.peer.v1.SnapshotAck;
import io.raftkv.proto.peer.v1.SnapshotChunk;
import io.raftkv.proto.peer.v1.TimeoutNowRequest;
import io.raftkv.proto.peer.v1.VoteRequest;
import io.raftkv.proto.peer.v1.VoteResponse;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import io.raftkv.raft.Room;

/**
 * From messages to the wire. Payloads are not copied: their bytes never change. Who speaks to whom
 * is not part of it, because a stream has that from its handshake.
 */
final class Encoder {
  /** What a message costs beside its payload, in memory and on the wire, roughly. */
  private static final int OVERHEAD_BYTES = 64;

  private Encoder() {}

  /** What budgets count, without encoding anything. */
  static long sizeBytes(Message message) {
    long bytes = OVERHEAD_BYTES;
    if (message instanceof Message.AppendRequest append) {
      for (LogEntry entry : append.entries()) {
        bytes += entry.sizeBytes();
      }
    } else if (message instanceof Message.SnapshotChunk chunk) {
      bytes += chunk.data().length;
    } else if (message instanceof Message.Forward forward) {
      bytes += forward.command().length;
    } else if (message instanceof Message.ForwardResult result) {
      bytes += result.result().length;
    }
    return bytes;
  }

  static MessageLite encode(Message message) {
    return switch (message.stream()) {
      case REPLICATION -> replication(message);
      case CONTROL -> control(message);
      case SNAPSHOT -> snapshot(message);
      case FORWARD -> forward(message);
    };
  }

  private static MessageLite replication(Message message) {
    if (message instanceof Message.AppendRequest m) {
      AppendRequest.Builder append =
          AppendRequest.newBuilder()
              .setTerm(m.term())
              .setPrevIndex(m.previous().index())
              .setPrevTerm(m.previous().term())
              .setCommitIndex(m.commitIndex());
      for (LogEntry entry : m.entries()) {
        append.addEntries(
            Entry.newBuilder()
                .setTerm(entry.term())
                .setKind(entry.kind().code())
                .setClusterTimeMillis(entry.clusterTimeMillis())
                .setData(UnsafeByteOperations.unsafeWrap(entry.data())));
      }
      return append.build();
    }
    if (message instanceof Message.AppendResponse m) {
      return AppendResponse.newBuilder()
          .setTerm(m.term())
          .setSuccess(m.isSuccess())
          .setMatchIndex(m.matchIndex())
          .setRejectedIndex(m.rejectedIndex())
          .setConflictTerm(m.conflict().term())
          .setConflictIndex(m.conflict().index())
          .build();
    }
    throw unknown(message);
  }

  private static MessageLite control(Message message) {
    if (message instanceof Message.HeartbeatRequest m) {
      return HeartbeatRequest.newBuilder()
          .setTerm(m.term())
          .setCommitIndex(m.commitIndex())
          .setReadSequence(m.readSequence())
          .setLeaderCommitIndex(m.leaderCommitIndex())
          .setStateIndex(m.state().index())
          .setStateHash(m.state().hash())
          .setAgreedIndex(m.agreedIndex())
          .build();
    }
    if (message instanceof Message.HeartbeatResponse m) {
      return HeartbeatResponse.newBuilder()
          .setTerm(m.term())
          .setReadSequence(m.readSequence())
          .setDiskFull(m.room() != Room.ENOUGH)
          .setLogFull(m.room() == Room.NONE)
          .setStateIndex(m.state().index())
          .setStateHash(m.state().hash())
          .build();
    }
    if (message instanceof Message.ReadIndexRequest m) {
      return ReadIndexRequest.newBuilder().setTerm(m.term()).setReadId(m.readId()).build();
    }
    if (message instanceof Message.ReadIndexResponse m) {
      return ReadIndexResponse.newBuilder()
          .setTerm(m.term())
          .setReadId(m.readId())
          .setIndex(m.index())
          .setConfirmed(m.isConfirmed())
          .build();
    }
    if (message instanceof Message.VoteRequest m) {
      return VoteRequest.newBuilder()
          .setTerm(m.term())
          .setLastLogIndex(m.last().index())
          .setLastLogTerm(m.last().term())
          .setPreVote(m.isPreVote())
          .setTransfer(m.isTransfer())
          .build();
    }
    if (message instanceof Message.VoteResponse m) {
      return VoteResponse.newBuilder()
          .setTerm(m.term())
          .setGranted(m.isGranted())
          .setPreVote(m.isPreVote())
          .build();
    }
    if (message instanceof Message.TimeoutNow m) {
      return TimeoutNowRequest.newBuilder().setTerm(m.term()).build();
    }
    throw unknown(message);
  }

  private static MessageLite snapshot(Message message) {
    if (message instanceof Message.SnapshotChunk m) {
      return SnapshotChunk.newBuilder()
          .setTerm(m.term())
          .setSnapshotIndex(m.last().index())
          .setSnapshotTerm(m.last().term())
          .setTotalBytes(m.totalBytes())
          .setOffset(m.offset())
          .setData(UnsafeByteOperations.unsafeWrap(m.data()))
          .setCrc(m.crc())
          .build();
    }
    if (message instanceof Message.SnapshotAck m) {
      return SnapshotAck.newBuilder()
          .setTerm(m.term())
          .setSnapshotIndex(m.snapshotIndex())
          .setNextOffset(m.nextOffset())
          .setRefused(m.isRefused())
          .build();
    }
    throw unknown(message);
  }

  private static MessageLite forward(Message message) {
    if (message instanceof Message.Forward m) {
      return ForwardRequest.newBuilder()
          .setForwardId(m.forwardId())
          .setCommand(UnsafeByteOperations.unsafeWrap(m.command()))
          .build();
    }
    if (message instanceof Message.ForwardTransfer m) {
      return ForwardRequest.newBuilder()
          .setForwardId(m.forwardId())
          .setTransferTo(m.target().value())
          .build();
    }
    if (message instanceof Message.ForwardChange m) {
      return ForwardRequest.newBuilder()
          .setForwardId(m.forwardId())
          .setChange(UnsafeByteOperations.unsafeWrap(m.change().encode()))
          .build();
    }
    if (message instanceof Message.ForwardResult m) {
      return ForwardResponse.newBuilder()
          .setForwardId(m.forwardId())
          .setFailure(m.failure())
          .setResult(UnsafeByteOperations.unsafeWrap(m.result()))
          .build();
    }
    throw unknown(message);
  }

  private static IllegalArgumentException unknown(Message message) {
    return new IllegalArgumentException(
        message.getClass().getSimpleName() + " is not for the wire");
  }
}
