package io.raftkv.client.impl;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.UnsafeByteOperations;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.ChangeOptions;
import io.raftkv.client.ChangeResult;
import io.raftkv.client.CountResult;
import io.raftkv.client.DeleteOptions;
import io.raftkv.client.DeleteResult;
import io.raftkv.client.Endpoint;
import io.raftkv.client.GetResult;
import io.raftkv.client.HashResult;
import io.raftkv.client.Header;
import io.raftkv.client.KeyRange;
import io.raftkv.client.KeyValue;
import io.raftkv.client.Member;
import io.raftkv.client.MemberRole;
import io.raftkv.client.MemberStatus;
import io.raftkv.client.MembersResult;
import io.raftkv.client.NewMember;
import io.raftkv.client.PutOptions;
import io.raftkv.client.PutResult;
import io.raftkv.client.RangeOptions;
import io.raftkv.client.RangePage;
import io.raftkv.client.ReadOptions;
import io.raftkv.client.Session;
import io.raftkv.client.SessionResult;
import io.raftkv.client.SessionsResult;
import io.raftkv.client.TransferResult;
import io.raftkv.proto.v1.Consistency;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.DeleteResponse;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.HashResponse;
import io.raftkv.proto.v1.MemberAddRequest;
import io.raftkv.proto.v1.MemberChangeResponse;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.MemberPromoteRequest;
import io.raftkv.proto.v1.MemberRemoveRequest;
import io.raftkv.proto.v1.MemberReplaceRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.RangeResponse;
import io.raftkv.proto.v1.ResponseHeader;
import io.raftkv.proto.v1.SessionInfo;
import io.raftkv.proto.v1.SessionKeepAliveResponse;
import io.raftkv.proto.v1.SessionListResponse;
import io.raftkv.proto.v1.SessionOpenRequest;
import io.raftkv.proto.v1.SessionOpenResponse;
import io.raftkv.proto.v1.StatusResponse;
import io.raftkv.proto.v1.TransferLeadershipResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Between the records of the API and the messages on the wire. */
final class Codec {
  private Codec() {}

  static GetRequest get(ByteSequence key, ReadOptions read) {
    GetRequest.Builder request = GetRequest.newBuilder().setKey(bytes(key));
    if (!read.equals(ReadOptions.DEFAULT)) {
      request.setRead(read(read));
    }
    return request.build();
  }

  static PutRequest put(ByteSequence key, ByteSequence value, PutOptions options) {
    PutRequest.Builder request =
        PutRequest.newBuilder()
            .setKey(bytes(key))
            .setValue(bytes(value))
            .setSessionId(options.attachTo())
            .setReturnPrevious(options.returnPrevious());
    if (options.ifAbsent()) {
      request.setIfAbsent(true);
    }
    Long ifRevision = options.ifRevision();
    if (ifRevision != null) {
      request.setIfRevision(ifRevision);
    }
    java.time.Duration ttl = options.ttl();
    if (ttl != null) {
      request.setTtl(duration(ttl));
    }
    return request.build();
  }

  static DeleteRequest delete(KeyRange keys, DeleteOptions options) {
    DeleteRequest.Builder request =
        DeleteRequest.newBuilder()
            .setLimit(options.limit())
            .setReturnPrevious(options.returnPrevious());
    Long ifRevision = options.ifRevision();
    if (ifRevision != null) {
      request.setIfRevision(ifRevision);
    }
    ByteSequence start = keys.start();
    ByteSequence end = keys.endExclusive();
    switch (keys.kind()) {
      // A deletion has to name what it means, unlike a read.
      case ALL -> request.setPrefix(ByteString.EMPTY);
      case KEY -> request.setKey(bytes(start));
      case PREFIX -> request.setPrefix(bytes(start));
      case BETWEEN -> {
        if (start != null) {
          request.setStart(bytes(start));
        }
        if (end != null) {
          request.setEnd(bytes(end));
        }
      }
    }
    return request.build();
  }

  static RangeRequest range(KeyRange keys, RangeOptions options) {
    return range(keys, options.read())
        .setLimit(options.limit())
        .setPageToken(bytes(options.pageToken()))
        .setReverse(options.reverse())
        .setKeysOnly(options.keysOnly())
        .build();
  }

  static RangeRequest count(KeyRange keys, ReadOptions read) {
    return range(keys, read).setCountOnly(true).build();
  }

  private static RangeRequest.Builder range(KeyRange keys, ReadOptions read) {
    RangeRequest.Builder request = RangeRequest.newBuilder().setRead(read(read));
    ByteSequence start = keys.start();
    ByteSequence end = keys.endExclusive();
    switch (keys.kind()) {
      case ALL -> {}
      case KEY -> request.setKey(bytes(start));
      case PREFIX -> request.setPrefix(bytes(start));
      case BETWEEN -> {
        if (start != null) {
          request.setStart(bytes(start));
        }
        if (end != null) {
          request.setEnd(bytes(end));
        }
      }
    }
    return request;
  }

  static GetResult get(GetResponse response) {
    return new GetResult(
        header(response.getHeader()), response.hasKv() ? keyValue(response.getKv()) : null);
  }

  static PutResult put(PutResponse response) {
    return new PutResult(
        header(response.getHeader()),
        response.getModRevision(),
        response.hasPrevious() ? keyValue(response.getPrevious()) : null);
  }

  static DeleteResult delete(DeleteResponse response) {
    return new DeleteResult(
        header(response.getHeader()), response.getDeleted(), keyValues(response.getPreviousList()));
  }

  static RangePage range(RangeResponse response) {
    return new RangePage(
        header(response.getHeader()),
        keyValues(response.getKvsList()),
        bytes(response.getNextPageToken()));
  }

  static CountResult count(RangeResponse response) {
    return new CountResult(header(response.getHeader()), response.getCount());
  }

  static MembersResult members(MemberListResponse response) {
    return new MembersResult(
        header(response.getHeader()),
        response.getMembersList().stream().map(Codec::member).toList(),
        response.getConfigRevision(),
        response.getOutgoingVotersCount() > 0);
  }

  static MemberAddRequest add(NewMember member, ChangeOptions options) {
    return MemberAddRequest.newBuilder()
        .setId(member.id())
        .setName(member.name())
        .setPeerAddress(member.peerAddress())
        .setLearner(member.staysLearner())
        .setConfigRevision(options.configRevision())
        .setDryRun(options.dryRun())
        .build();
  }

  static MemberPromoteRequest promote(long memberId, ChangeOptions options) {
    return MemberPromoteRequest.newBuilder()
        .setId(memberId)
        .setConfigRevision(options.configRevision())
        .setDryRun(options.dryRun())
        .build();
  }

  static MemberRemoveRequest remove(long memberId, ChangeOptions options) {
    return MemberRemoveRequest.newBuilder()
        .setId(memberId)
        .setConfigRevision(options.configRevision())
        .setDryRun(options.dryRun())
        .build();
  }

  static MemberReplaceRequest replace(long memberId, NewMember member, ChangeOptions options) {
    if (member.staysLearner()) {
      throw new IllegalArgumentException("who replaces a member becomes a voter");
    }
    return MemberReplaceRequest.newBuilder()
        .setId(memberId)
        .setNewId(member.id())
        .setName(member.name())
        .setPeerAddress(member.peerAddress())
        .setConfigRevision(options.configRevision())
        .setDryRun(options.dryRun())
        .build();
  }

  static ChangeResult change(MemberChangeResponse response) {
    return new ChangeResult(
        header(response.getHeader()),
        response.getMembersList().stream().map(Codec::member).toList(),
        response.getConfigRevision(),
        response.getOutgoingVotersCount() > 0,
        response.getMemberId());
  }

  static TransferResult transfer(TransferLeadershipResponse response) {
    return new TransferResult(header(response.getHeader()), response.getLeaderId());
  }

  static MemberStatus status(Endpoint member, StatusResponse response) {
    return new MemberStatus(
        header(response.getHeader()),
        member,
        response.getVersion(),
        response.getName(),
        role(response.getRole()),
        response.getFirstIndex(),
        response.getLastIndex(),
        response.getCommitIndex(),
        response.getAppliedIndex(),
        response.getDurableIndex(),
        response.getSnapshotIndex(),
        response.getCompactedRevision(),
        response.getKeys(),
        response.getLogBytes(),
        response.getSnapshotBytes(),
        response.getStateHash(),
        response.getAlarmsList());
  }

  static SessionOpenRequest openSession(String name, java.time.@Nullable Duration ttl) {
    SessionOpenRequest.Builder request = SessionOpenRequest.newBuilder().setName(name);
    if (ttl != null) {
      request.setTtl(duration(ttl));
    }
    return request.build();
  }

  static SessionResult session(SessionOpenResponse response) {
    return new SessionResult(
        header(response.getHeader()), response.getSessionId(), duration(response.getTtl()));
  }

  static SessionResult session(long sessionId, SessionKeepAliveResponse response) {
    return new SessionResult(header(response.getHeader()), sessionId, duration(response.getTtl()));
  }

  static SessionsResult sessions(SessionListResponse response) {
    return new SessionsResult(
        header(response.getHeader()),
        response.getSessionsList().stream().map(Codec::session).toList(),
        response.getHasMore());
  }

  private static Session session(SessionInfo session) {
    return new Session(
        session.getSessionId(),
        session.getName(),
        duration(session.getTtl()),
        duration(session.getIdle()),
        session.getAnswers(),
        session.getKeys());
  }

  static HashResult hash(HashResponse response) {
    return new HashResult(
        header(response.getHeader()),
        response.getHash(),
        response.getAtRevision(),
        response.getKeys());
  }

  static Header header(ResponseHeader header) {
    return new Header(
        header.getClusterId(),
        header.getMemberId(),
        header.getLeaderId(),
        header.getLeaderAddress(),
        header.getTerm(),
        header.getRevision());
  }

  private static Member member(io.raftkv.proto.v1.Member member) {
    MemberRole role =
        switch (member.getRole()) {
          case FOLLOWER -> MemberRole.FOLLOWER;
          case LEADER -> MemberRole.LEADER;
          case LEARNER -> MemberRole.LEARNER;
          case UNRECOGNIZED -> MemberRole.OTHER;
        };
    return new Member(
        member.getId(),
        member.getName(),
        role,
        member.getClientAddress(),
        member.getPeerAddress(),
        member.getMatchIndex(),
        member.getLag(),
        member.getHealthy(),
        member.getAutoPromote(),
        member.getReplaces());
  }

  private static MemberRole role(String name) {
    for (MemberRole role : MemberRole.values()) {
      if (role.name().equals(name)) {
        return role;
      }
    }
    return MemberRole.OTHER;
  }

  private static List<KeyValue> keyValues(List<io.raftkv.proto.v1.KeyValue> kvs) {
    return kvs.stream().map(Codec::keyValue).toList();
  }

  private static KeyValue keyValue(io.raftkv.proto.v1.KeyValue kv) {
    return new KeyValue(
        bytes(kv.getKey()),
        bytes(kv.getValue()),
        kv.getCreateRevision(),
        kv.getModRevision(),
        kv.getVersion(),
        kv.getSessionId());
  }

  static io.raftkv.proto.v1.ReadOptions read(ReadOptions read) {
    io.raftkv.proto.v1.ReadOptions.Builder builder =
        io.raftkv.proto.v1.ReadOptions.newBuilder()
            .setConsistency(
                switch (read.consistency()) {
                  case LINEARIZABLE -> Consistency.LINEARIZABLE;
                  case SESSION -> Consistency.SESSION;
                  case BOUNDED -> Consistency.BOUNDED;
                  case LOCAL -> Consistency.LOCAL;
                })
            .setMinRevision(read.minRevision())
            .setAtRevision(read.atRevision());
    java.time.Duration maxStaleness = read.maxStaleness();
    if (maxStaleness != null) {
      builder.setMaxStaleness(duration(maxStaleness));
    }
    return builder.build();
  }

  private static Duration duration(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  static java.time.Duration duration(Duration duration) {
    return java.time.Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }

  /** Our copy of the bytes is nobody else's, so protobuf may keep it. */
  private static ByteString bytes(@Nullable ByteSequence bytes) {
    return bytes == null || bytes.isEmpty()
        ? ByteString.EMPTY
        : UnsafeByteOperations.unsafeWrap(bytes.toByteArray());
  }

  private static ByteSequence bytes(ByteString bytes) {
    return bytes.isEmpty() ? ByteSequence.EMPTY : ByteSequence.wrap(bytes.toByteArray());
  }
}
