package io.raftkv.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.raftkv.kv.Commands.PutCondition;
import io.raftkv.kv.KeyRange;
import io.raftkv.kv.RequestId;
import io.raftkv.proto.v1.Consistency;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionListRequest;
import io.raftkv.proto.v1.SessionOpenRequest;
import io.raftkv.proto.v1.SnapshotRequest;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Refuses bad input before anything is done, and names the field. For any thread. */
final class RequestChecks {
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** The bound that google.protobuf.Duration has: about 10,000 years. */
  private static final long DURATION_SECONDS_MAX = 315_576_000_000L;

  private final ServiceLimits limits;

  RequestChecks(ServiceLimits limits) {
    this.limits = limits;
  }

  /** Names are short and plain: they stand in log lines, metrics and on command lines. */
  void memberName(String name) {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw Refusal.field(Reason.BAD_MEMBER, "name", "is 1 to 64 letters, digits, '.', '_' or '-'");
    }
  }

  void memberAddress(String address) {
    boolean isValid =
        address.matches("(\\[[0-9A-Fa-f:.%]{2,100}]|[A-Za-z0-9._-]{1,253}):[0-9]{1,5}");
    if (!isValid || !isPort(address.substring(address.lastIndexOf(':') + 1))) {
      throw Refusal.field(Reason.BAD_MEMBER, "peer_address", "is HOST:PORT");
    }
  }

  private static boolean isPort(String digits) {
    int port = Integer.parseInt(digits);
    return port >= 1 && port <= 65_535;
  }

  void key(ByteString key) {
    if (key.isEmpty()) {
      throw Refusal.field(Reason.KEY_EMPTY, "key", "must not be empty");
    }
    keyBytes("key", key);
  }

  private void keyBytes(String field, ByteString bytes) {
    if (bytes.size() > limits.keyBytesMax()) {
      throw Refusal.field(
          Reason.KEY_TOO_LARGE, field, bytes.size() + " bytes, limit " + limits.keyBytesMax());
    }
  }

  void put(PutRequest request) {
    key(request.getKey());
    int size = request.getValue().size();
    if (size > limits.valueBytesMax()) {
      throw Refusal.field(
          Reason.VALUE_TOO_LARGE, "value", size + " bytes, limit " + limits.valueBytesMax());
    }
  }

  /** What must hold for the put; {@code if_absent: false} is no condition. */
  PutCondition condition(PutRequest request) {
    return switch (request.getConditionCase()) {
      case IF_ABSENT -> request.getIfAbsent() ? PutCondition.IF_ABSENT : PutCondition.NONE;
      case IF_REVISION -> PutCondition.ifRevision(revision("if_revision", request.getIfRevision()));
      case CONDITION_NOT_SET -> PutCondition.NONE;
    };
  }

  /** The time to live in milliseconds, rounded up; 0 for none. */
  long ttlMillis(PutRequest request) {
    return request.hasTtl() ? ttlMillis(request.getTtl()) : 0;
  }

  private static long ttlMillis(Duration ttl) {
    long nanos = nanos("ttl", ttl);
    if (nanos == 0) {
      throw Refusal.field(Reason.BAD_DURATION, "ttl", "must be longer than zero");
    }
    return (nanos - 1) / NANOS_PER_MILLI + 1;
  }

  /** What marks a put; null for none. */
  @Nullable RequestId requestId(PutRequest request) {
    return request.hasRequestId() ? requestId(request.getRequestId()) : null;
  }

  /** What marks a delete; null for none. */
  @Nullable RequestId requestId(DeleteRequest request) {
    return request.hasRequestId() ? requestId(request.getRequestId()) : null;
  }

  private static RequestId requestId(io.raftkv.proto.v1.RequestId id) {
    sessionId("request_id.session_id", id.getSessionId());
    if (id.getSequence() < 1) {
      throw Refusal.field(Reason.BAD_REQUEST_ID, "request_id.sequence", "begins with 1");
    }
    if (id.getFirstOutstanding() < 0 || id.getFirstOutstanding() > id.getSequence()) {
      throw Refusal.field(
          Reason.BAD_REQUEST_ID, "request_id.first_outstanding", "is from 0 to the sequence");
    }
    return new RequestId(id.getSessionId(), id.getSequence(), id.getFirstOutstanding());
  }

  /** The id of a session, which is never 0. */
  static long sessionId(String field, long id) {
    if (id == 0) {
      throw Refusal.field(Reason.BAD_REQUEST_ID, field, "is missing");
    }
    return id;
  }

  /** What a client without a write says of the answers that it has. */
  static long firstOutstanding(SessionKeepAliveRequest request) {
    if (request.getFirstOutstanding() < 0) {
      throw Refusal.field(Reason.BAD_REQUEST_ID, "first_outstanding", "must not be negative");
    }
    return request.getFirstOutstanding();
  }

  String sessionName(SessionOpenRequest request) {
    int bytes = request.getNameBytes().size();
    if (bytes > limits.sessionNameBytesMax()) {
      throw Refusal.field(
          Reason.NAME_TOO_LARGE, "name", bytes + " bytes, limit " + limits.sessionNameBytesMax());
    }
    return request.getName();
  }

  /** The time to live that a session is granted, in milliseconds. */
  long sessionTtlMillis(SessionOpenRequest request) {
    if (!request.hasTtl()) {
      return limits.sessionTtlDefault().toMillis();
    }
    return Math.max(
        limits.sessionTtlMin().toMillis(),
        Math.min(limits.sessionTtlMax().toMillis(), ttlMillis(request.getTtl())));
  }

  /** Sessions in one answer. */
  int sessions(SessionListRequest request) {
    long limit = limit(request.getLimit());
    return limit == 0
        ? limits.sessionsInAnswerMax()
        : (int) Math.min(limit, limits.sessionsInAnswerMax());
  }

  /** The condition of a delete, which only a single key can have. */
  OptionalLong condition(DeleteRequest request) {
    if (!request.hasIfRevision()) {
      return OptionalLong.empty();
    }
    if (!request.hasKey()) {
      throw Refusal.field(Reason.BAD_REVISION, "if_revision", "needs a key, not a range");
    }
    return OptionalLong.of(revision("if_revision", request.getIfRevision()));
  }

  /** The range of a delete, which must name one: nobody deletes everything by sending nothing. */
  KeyRange range(DeleteRequest request) {
    Target target =
        new Target(
            request.hasKey() ? request.getKey() : null,
            request.hasPrefix() ? request.getPrefix() : null,
            request.hasStart() ? request.getStart() : null,
            request.hasEnd() ? request.getEnd() : null);
    if (target.isAbsent()) {
      throw Refusal.field(Reason.BAD_RANGE, "key", "name a key, a prefix, or a start or end");
    }
    KeyRange range = range(target);
    byte @Nullable [] end = range.endExclusiveOrNull();
    if (end != null && Arrays.compareUnsigned(range.start(), end) > 0) {
      throw Refusal.field(Reason.BAD_RANGE, "end", "before the start");
    }
    return range;
  }

  /** The range of a read; one whose start is not below its end is empty. */
  KeyRange range(RangeRequest request) {
    return range(
        new Target(
            request.hasKey() ? request.getKey() : null,
            request.hasPrefix() ? request.getPrefix() : null,
            request.hasStart() ? request.getStart() : null,
            request.hasEnd() ? request.getEnd() : null));
  }

  /** What a request names; null for what it does not. */
  private record Target(
      @Nullable ByteString key,
      @Nullable ByteString prefix,
      @Nullable ByteString start,
      @Nullable ByteString end) {
    boolean isAbsent() {
      return key == null && prefix == null && start == null && end == null;
    }
  }

  private KeyRange range(Target target) {
    ByteString key = target.key();
    ByteString prefix = target.prefix();
    ByteString start = target.start();
    ByteString end = target.end();
    boolean hasBounds = start != null || end != null;
    if (key != null && (prefix != null || hasBounds)) {
      throw Refusal.field(Reason.BAD_RANGE, "key", "excludes a prefix, a start and an end");
    }
    if (prefix != null && hasBounds) {
      throw Refusal.field(Reason.BAD_RANGE, "prefix", "excludes a start and an end");
    }
    if (key != null) {
      key(key);
      return KeyRange.single(key.toByteArray());
    }
    if (prefix != null) {
      keyBytes("prefix", prefix);
      return KeyRange.prefix(prefix.toByteArray());
    }
    if (start != null) {
      keyBytes("start", start);
    }
    if (end != null) {
      keyBytes("end", end);
    }
    return KeyRange.of(
        start == null ? new byte[0] : start.toByteArray(), end == null ? null : end.toByteArray());
  }

  /** A limit of keys; 0 stands for none. */
  long limit(long limit) {
    if (limit < 0) {
      throw Refusal.field(Reason.BAD_LIMIT, "limit", "must not be negative");
    }
    return limit;
  }

  /** Keys in a page. */
  int pageKeys(RangeRequest request) {
    long limit = limit(request.getLimit());
    return limit == 0
        ? Math.min(limits.pageKeysDefault(), limits.pageKeysMax())
        : (int) Math.min(limit, limits.pageKeysMax());
  }

  void snapshot(SnapshotRequest request) {
    read(request.getRead());
    if (request.getRead().getAtRevision() != 0) {
      throw Refusal.field(
          Reason.BAD_REVISION, "read.at_revision", "a backup is of what is applied now");
    }
  }

  void read(ReadOptions read) {
    revision("read.min_revision", read.getMinRevision());
    revision("read.at_revision", read.getAtRevision());
    long stalenessNanos =
        read.hasMaxStaleness() ? nanos("read.max_staleness", read.getMaxStaleness()) : 0;
    switch (read.getConsistency()) {
      case LINEARIZABLE, SESSION, LOCAL -> {}
      case BOUNDED -> {
        if (stalenessNanos == 0) {
          throw Refusal.field(
              Reason.BAD_DURATION, "read.max_staleness", "BOUNDED needs one longer than zero");
        }
      }
      case UNRECOGNIZED ->
          throw Refusal.field(Reason.BAD_CONSISTENCY, "read.consistency", "unknown");
    }
  }

  /** How old a read with {@link Consistency#BOUNDED} may be; only after {@link #read}. */
  static long stalenessNanos(ReadOptions read) {
    return saturatedNanos(read.getMaxStaleness());
  }

  /** A revision of a request; 0 stands for none. */
  static long revision(String field, long revision) {
    if (revision < 0) {
      throw Refusal.field(Reason.BAD_REVISION, field, "must not be negative");
    }
    return revision;
  }

  /** Nanoseconds of a duration that is not negative; at most what a long holds, 292 years. */
  private static long nanos(String field, Duration duration) {
    long seconds = duration.getSeconds();
    int nanos = duration.getNanos();
    if (seconds < 0 || nanos < 0) {
      throw Refusal.field(Reason.BAD_DURATION, field, "must not be negative");
    }
    if (seconds > DURATION_SECONDS_MAX || nanos > 999_999_999) {
      throw Refusal.field(Reason.BAD_DURATION, field, "out of the range of a Duration");
    }
    return saturatedNanos(duration);
  }

  private static long saturatedNanos(Duration duration) {
    long nanosPerSecond = 1_000_000_000L;
    return duration.getSeconds() > Long.MAX_VALUE / nanosPerSecond - 1
        ? Long.MAX_VALUE
        : duration.getSeconds() * nanosPerSecond + duration.getNanos();
  }
}
