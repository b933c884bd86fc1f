package io.raftkv.e2e.input;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.grpc.ManagedChannel;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberAddRequest;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberPromoteRequest;
import io.raftkv.proto.v1.MemberRemoveRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RequestId;
import io.raftkv.proto.v1.SessionCloseRequest;
import io.raftkv.proto.v1.SessionGrpc;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionOpenRequest;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Requests about sessions and members that no client should send. */
public final class SessionAndMemberInputs {
  private static final long NOBODY = 0x5e55_1077;

  private final ManagedChannel channel;

  public SessionAndMemberInputs(ManagedChannel channel) {
    this.channel = channel;
  }

  private SessionGrpc.SessionBlockingStub sessions() {
    return SessionGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private ClusterGrpc.ClusterBlockingStub cluster() {
    return ClusterGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private long open() {
    return sessions().open(SessionOpenRequest.getDefaultInstance()).getSessionId();
  }

  private String put(long session, long sequence, long firstOutstanding) {
    PutRequest request =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("k"))
            .setRequestId(
                RequestId.newBuilder()
                    .setSessionId(session)
                    .setSequence(sequence)
                    .setFirstOutstanding(firstOutstanding))
            .build();
    KVGrpc.KVBlockingStub kv =
        KVGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    return "" + kv.put(request).getModRevision();
  }

  public List<BadInputRow> sessionRows() {
    return List.of(
        BadInputRow.of(
            "write of a session that never was",
            "FAILED_PRECONDITION SESSION_UNKNOWN .* not_applied",
            () -> Answers.of(() -> put(NOBODY, 1, 1))),
        BadInputRow.of(
            "write of a session that was closed",
            "FAILED_PRECONDITION SESSION_EXPIRED .*",
            () ->
                Answers.of(
                    () -> {
                      long session = open();
                      var unused =
                          sessions()
                              .close(
                                  SessionCloseRequest.newBuilder().setSessionId(session).build());
                      return put(session, 1, 1);
                    })),
        BadInputRow.of(
            "sequence that goes back",
            "FAILED_PRECONDITION SEQUENCE_TOO_OLD .* unknown",
            () ->
                Answers.of(
                    () -> {
                      long session = open();
                      String unused = put(session, 5, 5);
                      return put(session, 3, 3);
                    })),
        BadInputRow.of(
            "sequence -1",
            "INVALID_ARGUMENT BAD_REQUEST_ID .* not_applied",
            () -> Answers.of(() -> put(open(), -1, 1))),
        BadInputRow.of(
            "session with a name of 1 MiB",
            "INVALID_ARGUMENT NAME_TOO_LARGE name not_applied",
            () ->
                Answers.of(
                    () ->
                        ""
                            + sessions()
                                .open(
                                    SessionOpenRequest.newBuilder()
                                        .setName("n".repeat(1 << 20))
                                        .build())
                                .getSessionId())),
        BadInputRow.of(
            "session with a TTL of -1 s",
            "INVALID_ARGUMENT BAD_DURATION ttl not_applied",
            () ->
                Answers.of(
                    () ->
                        ""
                            + sessions()
                                .open(
                                    SessionOpenRequest.newBuilder()
                                        .setTtl(Duration.newBuilder().setSeconds(-1))
                                        .build())
                                .getSessionId())),
        BadInputRow.of(
            "keep alive of a session that never was",
            "FAILED_PRECONDITION SESSION_UNKNOWN .*",
            () ->
                Answers.of(
                    () ->
                        sessions()
                            .keepAlive(
                                SessionKeepAliveRequest.newBuilder().setSessionId(NOBODY).build())
                            .toString())));
  }

  private Member first() {
    return cluster().memberList(MemberListRequest.getDefaultInstance()).getMembers(0);
  }

  private String add(String name, String address) {
    return ""
        + cluster()
            .memberAdd(MemberAddRequest.newBuilder().setName(name).setPeerAddress(address).build())
            .getMemberId();
  }

  public List<BadInputRow> memberRows() {
    return List.of(
        BadInputRow.of(
            "remove a member that is not there",
            "NOT_FOUND MEMBER_NOT_FOUND .* not_applied",
            () ->
                Answers.of(
                    () ->
                        cluster()
                            .memberRemove(MemberRemoveRequest.newBuilder().setId(NOBODY).build())
                            .toString())),
        BadInputRow.of(
            "promote a member that is not there",
            "NOT_FOUND MEMBER_NOT_FOUND .* not_applied",
            () ->
                Answers.of(
                    () ->
                        cluster()
                            .memberPromote(MemberPromoteRequest.newBuilder().setId(NOBODY).build())
                            .toString())),
        BadInputRow.of(
            "add a member whose name is taken",
            "ALREADY_EXISTS MEMBER_EXISTS .* not_applied",
            () -> Answers.of(() -> add(first().getName(), "127.0.0.1:9"))),
        BadInputRow.of(
            "add a member whose address is taken",
            "ALREADY_EXISTS MEMBER_EXISTS .* not_applied",
            () -> Answers.of(() -> add("other", first().getPeerAddress()))),
        BadInputRow.of(
            "add a member with ESC in its name",
            "INVALID_ARGUMENT BAD_MEMBER name not_applied",
            () -> Answers.of(() -> add("n\u001b[31m", "127.0.0.1:9"))),
        BadInputRow.of(
            "add a member at port 70000",
            "INVALID_ARGUMENT BAD_MEMBER peer_address not_applied",
            () -> Answers.of(() -> add("other", "127.0.0.1:70000"))),
        BadInputRow.of(
            "change under an old config_revision",
            "ABORTED CONFIG_CONFLICT .* not_applied",
            () ->
                Answers.of(
                    () ->
                        cluster()
                            .memberRemove(
                                MemberRemoveRequest.newBuilder()
                                    .setId(first().getId())
                                    .setConfigRevision(1L << 40)
                                    .setDryRun(true)
                                    .build())
                            .toString())),
        BadInputRow.of(
            "leadership to a member that is not there",
            "NOT_FOUND MEMBER_NOT_FOUND .* not_applied",
            () ->
                Answers.of(
                    () ->
                        cluster()
                            .transferLeadership(
                                TransferLeadershipRequest.newBuilder().setMemberId(NOBODY).build())
                            .toString())));
  }
}
