package io.raftkv.e2e.input;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.raftkv.proto.peer.v1.AppendRequest;
import io.raftkv.proto.peer.v1.AppendResponse;
import io.raftkv.proto.peer.v1.Entry;
import io.raftkv.proto.peer.v1.HeartbeatRequest;
import io.raftkv.proto.peer.v1.RaftGrpc;
import io.raftkv.proto.peer.v1.SnapshotAck;
import io.raftkv.proto.peer.v1.SnapshotChunk;
import io.raftkv.proto.peer.v1.VoteRequest;
import io.raftkv.proto.peer.v1.VoteResponse;
import io.raftkv.proto.v1.KVGrpc;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.CRC32C;

/**
 * What arrives on the peer port of a follower: from strangers, and from the leader itself, of the
 * present term and with absurd numbers.
 */
public final class PeerInputs {
  /** What is not answered by then counts as dropped, where that is expected. */
  private static final int SILENT_SECONDS = 2;

  private static final int ANSWER_SECONDS_MAX = 60;
  private static final String NO_ANSWER = "no answer";
  private static final int TRIES_MAX = 10;
  private static final String REPLACED = "CANCELLED a newer stream replaces this one";

  /** More than fits any log, and less than the decoder refuses. */
  private static final long FAR = 1L << 50;

  private final ManagedChannel channel;
  private final long cluster;
  private final long self;
  private final long leader;
  private final long term;
  private final long lastIndex;
  private final String leaderFolder;

  /**
   * @param channel to the peer port of the follower
   * @param cluster id of the cluster
   * @param self id of the follower
   * @param leader id of the leader that it follows, in this term
   * @param lastIndex of its log, about
   * @param leaderFolder the number of the leader's folder, by which the member knows it
   */
  public PeerInputs(
      ManagedChannel channel,
      long cluster,
      long self,
      long leader,
      long term,
      long lastIndex,
      String leaderFolder) {
    this.channel = channel;
    this.cluster = cluster;
    this.self = self;
    this.leader = leader;
    this.term = term;
    this.lastIndex = lastIndex;
    this.leaderFolder = leaderFolder;
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private static Metadata handshake(long cluster, long from, long to) {
    Metadata metadata = new Metadata();
    metadata.put(key("raftkv-protocol"), "1");
    metadata.put(key("raftkv-cluster"), Long.toHexString(cluster));
    metadata.put(key("raftkv-from"), Long.toHexString(from));
    metadata.put(key("raftkv-to"), Long.toHexString(to));
    metadata.put(key("raftkv-client-address"), "127.0.0.1:1");
    return metadata;
  }

  private Metadata unknown() {
    return handshake(cluster, 0xbad, self);
  }

  private Metadata ofLeader() {
    Metadata metadata = handshake(cluster, leader, self);
    metadata.put(key("raftkv-folder"), leaderFolder);
    return metadata;
  }

  private BadInputRow row(
      String name,
      String expected,
      Metadata handshake,
      MethodDescriptor<?, ?> method,
      MessageLite message) {
    return BadInputRow.of(
        name,
        expected,
        () -> send(handshake, method, message.toByteArray(), expected.equals(NO_ANSWER)));
  }

  /** Asks again if the member whose name is used here dialled meanwhile, and so took over. */
  private String send(
      Metadata handshake, MethodDescriptor<?, ?> method, byte[] message, boolean isSilent)
      throws Exception {
    String answer = REPLACED;
    for (int i = 0; i < TRIES_MAX && answer.equals(REPLACED); i++) {
      answer = sendOnce(handshake, method, message, isSilent);
    }
    return answer;
  }

  /** The first answer, or how the stream ended, or that neither came. */
  private String sendOnce(
      Metadata handshake, MethodDescriptor<?, ?> method, byte[] message, boolean isSilent)
      throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call =
        channel.newCall(RawBytes.stream(method.getFullMethodName()), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] bytes) {
            answer.complete(words(method, bytes));
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            answer.complete(status.getCode() + " " + Answers.text(status));
          }
        },
        handshake);
    try {
      call.request(10);
      call.sendMessage(message);
      return answer.get(isSilent ? SILENT_SECONDS : ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return NO_ANSWER;
    } finally {
      call.cancel("done", null);
    }
  }

  private static String words(MethodDescriptor<?, ?> method, byte[] answer) {
    try {
      if (method == RaftGrpc.getRequestVoteMethod()) {
        VoteResponse vote = VoteResponse.parseFrom(answer);
        return vote.getGranted() ? "vote granted" : "vote refused";
      } else if (method == RaftGrpc.getAppendEntriesMethod()) {
        return AppendResponse.parseFrom(answer).getSuccess() ? "appended" : "append refused";
      } else if (method == RaftGrpc.getInstallSnapshotMethod()) {
        SnapshotAck ack = SnapshotAck.parseFrom(answer);
        return ack.getRefused() ? "snapshot refused" : "next offset " + ack.getNextOffset();
      }
      return answer.length + " bytes";
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      return "an answer that is no message";
    }
  }

  /** From somebody who is no member, or says so. */
  public List<BadInputRow> strangers() {
    MethodDescriptor<?, ?> vote = RaftGrpc.getRequestVoteMethod();
    VoteRequest request =
        VoteRequest.newBuilder()
            .setTerm(term + 1)
            .setLastLogIndex(FAR)
            .setLastLogTerm(term)
            .build();
    return List.of(
        row(
            "vote without a handshake",
            "FAILED_PRECONDITION .*missing",
            new Metadata(),
            vote,
            request),
        row(
            "vote of another cluster",
            "FAILED_PRECONDITION .*another cluster",
            handshake(cluster + 1, leader, self),
            vote,
            request),
        row(
            "vote for another member",
            "FAILED_PRECONDITION this member is .*",
            handshake(cluster, leader, self + 1),
            vote,
            request),
        row(
            "vote under the own id",
            "PERMISSION_DENIED .*",
            handshake(cluster, self, self),
            vote,
            request),
        row("vote of an unknown candidate", "vote refused", unknown(), vote, request),
        row(
            "vote of an unknown candidate, term 2^63-1",
            "INVALID_ARGUMENT .*out of range",
            unknown(),
            vote,
            request.toBuilder().setTerm(Long.MAX_VALUE).build()),
        row(
            "the client's service on the peer port",
            "UNIMPLEMENTED .*",
            ofLeader(),
            KVGrpc.getPutMethod(),
            request));
  }

  /** From a member. */
  public List<BadInputRow> members() {
    return List.of(
        vote("vote with term 2^63-1", "INVALID_ARGUMENT .*out of range", Long.MAX_VALUE),
        vote("vote with term -1", "INVALID_ARGUMENT .*out of range", -1),
        row(
            "vote with term 2^50, from a member unknown here",
            NO_ANSWER,
            unknown(),
            RaftGrpc.getRequestVoteMethod(),
            VoteRequest.newBuilder().setTerm(FAR).build()),
        row(
            "heartbeat with term 2^50, from a member unknown here",
            NO_ANSWER,
            unknown(),
            RaftGrpc.getHeartbeatMethod(),
            HeartbeatRequest.newBuilder().setTerm(FAR).build()),
        append(
            "append with prev_index 2^63-1",
            "INVALID_ARGUMENT .*out of range",
            appending(Long.MAX_VALUE)),
        append(
            "append with prev_index beyond the last", "append refused", appending(lastIndex + FAR)),
        append(
            "append whose index overflows",
            "INVALID_ARGUMENT .*|append refused",
            appending((1L << 60) - 1).addEntries(Entry.newBuilder().setTerm(term))),
        append(
            "append with commit_index 2^63-1",
            "INVALID_ARGUMENT .*out of range",
            appending(lastIndex + FAR).setCommitIndex(Long.MAX_VALUE)),
        append(
            "append of an entry above the leader's term",
            "INVALID_ARGUMENT .*out of range",
            appending(0).addEntries(Entry.newBuilder().setTerm(term + 1))),
        append(
            "append of an entry of unknown kind 7",
            "INVALID_ARGUMENT .*",
            appending(lastIndex + FAR).addEntries(Entry.newBuilder().setTerm(term).setKind(7))),
        append("append of 10^6 entries", "INVALID_ARGUMENT .*out of range", million()),
        chunk("snapshot of 2^62 bytes", "INVALID_ARGUMENT .*out of range", chunkAt(0, 1L << 62)),
        chunk("chunk at offset -1", "INVALID_ARGUMENT .*", chunkAt(-1, 1_000)),
        chunk("chunk beyond the end", "INVALID_ARGUMENT .*", chunkAt(999, 1_000)),
        chunk("chunk out of order", "next offset 0|snapshot refused", chunkAt(500, 1_000)),
        chunk(
            "chunk with a wrong checksum",
            "next offset 0|snapshot refused|INVALID_ARGUMENT .*",
            chunkAt(0, 1_000).setCrc(1)),
        chunk(
            "snapshot older than the log, of 2^50 bytes",
            "next offset .*|snapshot refused",
            chunkAt(0, FAR).setSnapshotIndex(1)),
        BadInputRow.of(
            "random bytes as a message",
            "INVALID_ARGUMENT not a message.*",
            () ->
                send(
                    ofLeader(),
                    RaftGrpc.getAppendEntriesMethod(),
                    new byte[] {-1, 1, 2, 3},
                    false)),
        BadInputRow.of(
            "message of 8 MiB + 1",
            "(RESOURCE_EXHAUSTED|CANCELLED|UNKNOWN|INTERNAL) .*",
            () ->
                send(
                    ofLeader(),
                    RaftGrpc.getAppendEntriesMethod(),
                    new byte[(8 << 20) + 1],
                    false)));
  }

  private BadInputRow vote(String name, String expected, long term) {
    return row(
        name,
        expected,
        ofLeader(),
        RaftGrpc.getRequestVoteMethod(),
        VoteRequest.newBuilder().setTerm(term).setLastLogIndex(FAR).setLastLogTerm(term).build());
  }

  private AppendRequest.Builder appending(long previousIndex) {
    return AppendRequest.newBuilder().setTerm(term).setPrevIndex(previousIndex).setPrevTerm(term);
  }

  private BadInputRow append(String name, String expected, AppendRequest.Builder request) {
    return row(name, expected, ofLeader(), RaftGrpc.getAppendEntriesMethod(), request.build());
  }

  private AppendRequest.Builder million() {
    AppendRequest.Builder request = appending(lastIndex + FAR);
    Entry entry = Entry.newBuilder().setTerm(term).build();
    for (int i = 0; i < 1_000_000; i++) {
      request.addEntries(entry);
    }
    return request;
  }

  private SnapshotChunk.Builder chunkAt(long offset, long totalBytes) {
    byte[] data = new byte[100];
    CRC32C crc = new CRC32C();
    crc.update(data);
    return SnapshotChunk.newBuilder()
        .setTerm(term)
        .setSnapshotIndex(lastIndex + FAR)
        .setSnapshotTerm(term)
        .setTotalBytes(totalBytes)
        .setOffset(offset)
        .setData(ByteString.copyFrom(data))
        .setCrc((int) crc.getValue());
  }

  private BadInputRow chunk(String name, String expected, SnapshotChunk.Builder request) {
    return row(name, expected, ofLeader(), RaftGrpc.getInstallSnapshotMethod(), request.build());
  }
}
