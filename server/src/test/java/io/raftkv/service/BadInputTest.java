package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.assertRefused;
import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.raftkv.proto.v1.Consistency;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.HashRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input gets a clear error that names the field, and changes nothing. */
final class BadInputTest {
  private static final int KEY_MAX = 4096;

  @ParameterizedTest(name = "{0}")
  @MethodSource("inputs")
  void badInputIsRefusedAndChangesNothing(
      String name, Consumer<ServiceHarness> request, Reason reason, String field) {
    try (ServiceHarness harness = new ServiceHarness()) {
      harness.put("present", "value");
      int proposals = harness.consensus.proposals();
      var failure = assertRefused(() -> request.accept(harness), reason, "not_applied");
      assertThat(failure.metadata("field")).isEqualTo(field);
      assertThat(harness.consensus.proposals()).isEqualTo(proposals);
      harness.assertNothingInFlight();
      assertThat(harness.get("present")).contains("value");
    }
  }

  static Stream<Arguments> inputs() {
    return Stream.of(
        put("put: empty key", putRequest("", "v"), Reason.KEY_EMPTY, "key"),
        put(
            "put: key too large",
            PutRequest.newBuilder().setKey(bytes(KEY_MAX + 1)),
            Reason.KEY_TOO_LARGE,
            "key"),
        put(
            "put: value too large",
            putRequest("k", "").setValue(bytes((1 << 20) + 1)),
            Reason.VALUE_TOO_LARGE,
            "value"),
        put(
            "put: request too large",
            putRequest("k", "").setValue(bytes(2 << 20)),
            Reason.REQUEST_TOO_LARGE,
            "request"),
        put(
            "put: negative revision",
            putRequest("k", "v").setIfRevision(-1),
            Reason.BAD_REVISION,
            "if_revision"),
        put("put: ttl of zero", ttl(0, 0), Reason.BAD_DURATION, "ttl"),
        put("put: negative ttl", ttl(-1, 0), Reason.BAD_DURATION, "ttl"),
        put("put: negative nanos of a ttl", ttl(1, -1), Reason.BAD_DURATION, "ttl"),
        put("put: too many nanos", ttl(1, 1_000_000_000), Reason.BAD_DURATION, "ttl"),
        put("put: endless ttl", ttl(Long.MAX_VALUE, 0), Reason.BAD_DURATION, "ttl"),
        get("get: empty key", GetRequest.newBuilder(), Reason.KEY_EMPTY, "key"),
        get(
            "get: key too large",
            GetRequest.newBuilder().setKey(bytes(KEY_MAX + 1)),
            Reason.KEY_TOO_LARGE,
            "key"),
        read(
            "negative min_revision",
            ReadOptions.newBuilder().setMinRevision(-1),
            Reason.BAD_REVISION,
            "read.min_revision"),
        read(
            "negative at_revision",
            ReadOptions.newBuilder().setAtRevision(Long.MIN_VALUE),
            Reason.BAD_REVISION,
            "read.at_revision"),
        read(
            "unknown consistency",
            ReadOptions.newBuilder().setConsistencyValue(99),
            Reason.BAD_CONSISTENCY,
            "read.consistency"),
        read(
            "bounded without a bound",
            ReadOptions.newBuilder().setConsistency(Consistency.BOUNDED),
            Reason.BAD_DURATION,
            "read.max_staleness"),
        read(
            "negative bound",
            ReadOptions.newBuilder().setMaxStaleness(Duration.newBuilder().setSeconds(-1)),
            Reason.BAD_DURATION,
            "read.max_staleness"),
        delete("delete: nothing named", delete(), Reason.BAD_RANGE, "key"),
        delete("delete: empty key", delete().setKey(ByteString.EMPTY), Reason.KEY_EMPTY, "key"),
        delete(
            "delete: key and prefix",
            delete().setKey(bytes("a")).setPrefix(bytes("a")),
            Reason.BAD_RANGE,
            "key"),
        delete(
            "delete: prefix and start",
            delete().setPrefix(bytes("a")).setStart(bytes("a")),
            Reason.BAD_RANGE,
            "prefix"),
        delete(
            "delete: end before start",
            delete().setStart(bytes("b")).setEnd(bytes("a")),
            Reason.BAD_RANGE,
            "end"),
        delete(
            "delete: start too large",
            delete().setStart(bytes(KEY_MAX + 1)),
            Reason.KEY_TOO_LARGE,
            "start"),
        delete(
            "delete: end too large",
            delete().setEnd(bytes(KEY_MAX + 1)),
            Reason.KEY_TOO_LARGE,
            "end"),
        delete(
            "delete: prefix too large",
            delete().setPrefix(bytes(KEY_MAX + 1)),
            Reason.KEY_TOO_LARGE,
            "prefix"),
        delete(
            "delete: negative limit",
            delete().setPrefix(bytes("a")).setLimit(-1),
            Reason.BAD_LIMIT,
            "limit"),
        delete(
            "delete: revision of a range",
            delete().setPrefix(bytes("a")).setIfRevision(1),
            Reason.BAD_REVISION,
            "if_revision"),
        delete(
            "delete: negative revision",
            delete().setKey(bytes("a")).setIfRevision(-1),
            Reason.BAD_REVISION,
            "if_revision"),
        range(
            "range: key and end",
            RangeRequest.newBuilder().setKey(bytes("a")).setEnd(bytes("b")),
            Reason.BAD_RANGE,
            "key"),
        range(
            "range: prefix and end",
            RangeRequest.newBuilder().setPrefix(bytes("a")).setEnd(bytes("b")),
            Reason.BAD_RANGE,
            "prefix"),
        range(
            "range: empty key",
            RangeRequest.newBuilder().setKey(ByteString.EMPTY),
            Reason.KEY_EMPTY,
            "key"),
        range(
            "range: negative limit",
            RangeRequest.newBuilder().setLimit(-1),
            Reason.BAD_LIMIT,
            "limit"),
        range(
            "range: random token",
            RangeRequest.newBuilder().setPageToken(bytes(64)),
            Reason.BAD_PAGE_TOKEN,
            "page_token"),
        range(
            "range: short token",
            RangeRequest.newBuilder().setPageToken(bytes(1)),
            Reason.BAD_PAGE_TOKEN,
            "page_token"),
        range(
            "range: token of a count",
            RangeRequest.newBuilder().setCountOnly(true).setPageToken(bytes(64)),
            Reason.BAD_PAGE_TOKEN,
            "page_token"),
        input(
            "hash: negative revision",
            h -> {
              var unused = h.maintenance.hash(HashRequest.newBuilder().setAtRevision(-1).build());
            },
            Reason.BAD_REVISION,
            "at_revision"),
        input(
            "transfer: unknown member",
            h -> {
              var unused =
                  h.cluster.transferLeadership(
                      TransferLeadershipRequest.newBuilder().setMemberId(5).build());
            },
            Reason.MEMBER_NOT_FOUND,
            "member_id"));
  }

  private static PutRequest.Builder ttl(long seconds, int nanos) {
    return putRequest("k", "v")
        .setTtl(Duration.newBuilder().setSeconds(seconds).setNanos(nanos).build());
  }

  private static DeleteRequest.Builder delete() {
    return DeleteRequest.newBuilder();
  }

  private static Arguments put(
      String name, PutRequest.Builder request, Reason reason, String field) {
    return input(
        name,
        h -> {
          var unused = h.kv.put(request.build());
        },
        reason,
        field);
  }

  private static Arguments get(
      String name, GetRequest.Builder request, Reason reason, String field) {
    return input(
        name,
        h -> {
          var unused = h.kv.get(request.build());
        },
        reason,
        field);
  }

  private static Arguments read(
      String name, ReadOptions.Builder read, Reason reason, String field) {
    return get(
        "read: " + name, GetRequest.newBuilder().setKey(bytes("k")).setRead(read), reason, field);
  }

  private static Arguments delete(
      String name, DeleteRequest.Builder request, Reason reason, String field) {
    return input(
        name,
        h -> {
          var unused = h.kv.delete(request.build());
        },
        reason,
        field);
  }

  private static Arguments range(
      String name, RangeRequest.Builder request, Reason reason, String field) {
    return input(
        name,
        h -> {
          var unused = h.kv.range(request.build());
        },
        reason,
        field);
  }

  private static Arguments input(
      String name, Consumer<ServiceHarness> request, Reason reason, String field) {
    return Arguments.of(name, request, reason, field);
  }

  @Test
  void anyBytesAreAKeyAndRoundTrip() {
    byte[] everyByte = new byte[256];
    for (int i = 0; i < everyByte.length; i++) {
      everyByte[i] = (byte) i;
    }
    try (ServiceHarness harness = new ServiceHarness()) {
      Stream.of(
              ByteString.copyFrom(everyByte),
              bytes("../../etc/passwd"),
              bytes("\r\n\u001b[31m"),
              bytes(KEY_MAX),
              bytes("\uD83D\uDE00".repeat(1_000)))
          .forEach(
              key -> {
                var unused =
                    harness.kv.put(PutRequest.newBuilder().setKey(key).setValue(key).build());
                var got = harness.kv.get(GetRequest.newBuilder().setKey(key).build());
                assertThat(got.getKv().getKey()).isEqualTo(key);
                assertThat(got.getKv().getValue()).isEqualTo(key);
              });
    }
  }

  @Test
  void largestValueIsAccepted() {
    try (ServiceHarness harness = new ServiceHarness()) {
      var response = harness.kv.put(putRequest("k", "").setValue(bytes(1 << 20)).build());
      assertThat(response.getModRevision()).isEqualTo(1);
    }
  }
}
