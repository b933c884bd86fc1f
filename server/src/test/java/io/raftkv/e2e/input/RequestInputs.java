package io.raftkv.e2e.input;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.raftkv.proto.peer.v1.RaftGrpc;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.RangeResponse;
import io.raftkv.proto.v1.ReadOptions;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Requests of the key-value service that no client should send. */
public final class RequestInputs {
  private static final int KEY_BYTES_MAX = 4096;
  private static final int VALUE_BYTES_MAX = 1 << 20;
  private static final int MESSAGE_BYTES_MAX = 4 << 20;
  private static final int KEYS = 12_000;

  private final ManagedChannel channel;

  public RequestInputs(ManagedChannel channel) {
    this.channel = channel;
  }

  private KVGrpc.KVBlockingStub kv() {
    return KVGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static ByteString bytes(int length) {
    return ByteString.copyFrom(new byte[length]);
  }

  private static String invalid(String reason, String field) {
    return "INVALID_ARGUMENT " + reason + " " + field + " not_applied";
  }

  private BadInputRow put(String name, String expected, PutRequest.Builder request) {
    return BadInputRow.of(
        name,
        expected,
        () -> Answers.of(() -> "" + (kv().put(request.build()).getModRevision() > 0)));
  }

  private BadInputRow delete(String name, String expected, DeleteRequest.Builder request) {
    return BadInputRow.of(
        name, expected, () -> Answers.of(() -> "" + kv().delete(request.build()).getDeleted()));
  }

  private BadInputRow get(String name, String expected, ReadOptions.Builder read) {
    GetRequest request = GetRequest.newBuilder().setKey(bytes("k")).setRead(read).build();
    return BadInputRow.of(name, expected, () -> Answers.of(() -> "" + kv().get(request).hasKv()));
  }

  private BadInputRow range(String name, String expected, RangeRequest.Builder request) {
    return BadInputRow.of(
        name,
        expected,
        () -> Answers.of(() -> kv().range(request.build()).getKvsCount() + " keys"));
  }

  private static PutRequest.Builder put() {
    return PutRequest.newBuilder().setKey(bytes("k")).setValue(bytes("v"));
  }

  private static PutRequest.Builder ttl(long seconds, int nanos) {
    return put().setTtl(Duration.newBuilder().setSeconds(seconds).setNanos(nanos));
  }

  /** All rows; keys that the ranges need are written first. */
  public List<BadInputRow> rows() {
    List<BadInputRow> rows = new ArrayList<>(keysAndValues());
    rows.addAll(strangeKeys());
    rows.addAll(ranges());
    rows.addAll(conditionsAndTimes());
    rows.addAll(messages());
    return rows;
  }

  private List<BadInputRow> keysAndValues() {
    return List.of(
        put("put of an empty key", invalid("KEY_EMPTY", "key"), PutRequest.newBuilder()),
        put(
            "key of 4 KiB + 1",
            invalid("KEY_TOO_LARGE", "key"),
            put().setKey(bytes(KEY_BYTES_MAX + 1))),
        put(
            "value of 1 MiB + 1",
            invalid("VALUE_TOO_LARGE", "value"),
            put().setValue(bytes(VALUE_BYTES_MAX + 1))),
        put(
            "request of 2 MiB, in fields nobody knows",
            "INVALID_ARGUMENT REQUEST_TOO_LARGE .* not_applied",
            put().setUnknownFields(unknown(bytes(2 << 20)))),
        put(
            "message of 4 MiB + 1",
            "RESOURCE_EXHAUSTED .*maximum.*",
            put().setValue(bytes(MESSAGE_BYTES_MAX + 1))),
        BadInputRow.of(
            "gzip bomb: 1 MB that become 1 GiB",
            "RESOURCE_EXHAUSTED REQUEST_TOO_LARGE .*",
            () -> Answers.of(this::sendBomb)));
  }

  private static UnknownFieldSet unknown(ByteString content) {
    return UnknownFieldSet.newBuilder()
        .addField(999, UnknownFieldSet.Field.newBuilder().addLengthDelimited(content).build())
        .build();
  }

  /** One value of 1 GiB of zeros, compressed on the way out, a piece at a time. */
  private String sendBomb() {
    byte[] start = {PutRequest.VALUE_FIELD_NUMBER << 3 | 2, -128, -128, -128, -128, 4};
    MethodDescriptor<byte[], byte[]> raw =
        RawBytes.unary(KVGrpc.getPutMethod().getFullMethodName());
    MethodDescriptor<byte[], byte[]> bomb =
        raw.toBuilder(
                new MethodDescriptor.Marshaller<byte[]>() {
                  @Override
                  public InputStream stream(byte[] ignored) {
                    return new SequenceInputStream(
                        new ByteArrayInputStream(start), new Zeros(1L << 30));
                  }

                  @Override
                  public byte[] parse(InputStream stream) {
                    return RawBytes.MARSHALLER.parse(stream);
                  }
                },
                RawBytes.MARSHALLER)
            .build();
    CallOptions options =
        CallOptions.DEFAULT.withCompression("gzip").withDeadlineAfter(120, TimeUnit.SECONDS);
    byte[] answer = ClientCalls.blockingUnaryCall(channel, bomb, options, new byte[0]);
    return answer.length + " bytes";
  }

  private static final class Zeros extends InputStream {
    private long left;

    Zeros(long length) {
      left = length;
    }

    @Override
    public int read() {
      return left-- > 0 ? 0 : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (left <= 0) {
        return -1;
      }
      int count = (int) Math.min(left, length);
      Arrays.fill(target, offset, offset + count, (byte) 0);
      left -= count;
      return count;
    }
  }

  private List<BadInputRow> strangeKeys() {
    byte[] everyByte = new byte[256];
    for (int i = 0; i < everyByte.length; i++) {
      everyByte[i] = (byte) i;
    }
    return List.of(
        roundTrip("key with NUL, 0xFF and every other byte", ByteString.copyFrom(everyByte)),
        roundTrip(
            "key of invalid UTF-8", ByteString.copyFrom(new byte[] {(byte) 0xc0, (byte) 0xfe})),
        roundTrip("key with CR, LF and ESC", bytes("a\r\nb\u001b[31m")),
        roundTrip("key ../../etc/passwd", bytes("../../etc/passwd")),
        roundTrip("key of 1,000 emoji, value of 10,000", bytes("\uD83D\uDE00".repeat(1_000))));
  }

  private BadInputRow roundTrip(String name, ByteString key) {
    ByteString value = bytes("\uD83D\uDE00".repeat(10_000));
    return BadInputRow.of(
        name,
        "OK the same",
        () ->
            Answers.of(
                () -> {
                  PutResponse unused =
                      kv().put(PutRequest.newBuilder().setKey(key).setValue(value).build());
                  var read = kv().get(GetRequest.newBuilder().setKey(key).build()).getKv();
                  return read.getKey().equals(key) && read.getValue().equals(value)
                      ? "the same"
                      : "different";
                }));
  }

  private List<BadInputRow> ranges() {
    return List.of(
        BadInputRow.of("(" + KEYS + " keys are written)", "OK", this::writeKeys),
        range(
            "range with start > end",
            "OK 0 keys|" + invalid("BAD_RANGE", "end"),
            RangeRequest.newBuilder().setStart(bytes("b")).setEnd(bytes("a"))),
        range(
            "range with limit -1",
            invalid("BAD_LIMIT", "limit"),
            RangeRequest.newBuilder().setLimit(-1)),
        range("range with limit 0", "OK 1000 keys", RangeRequest.newBuilder().setLimit(0)),
        range(
            "range with limit 2^31: a page, no more",
            "OK 10000 keys",
            RangeRequest.newBuilder().setPrefix(bytes("row/")).setLimit(1L << 31)),
        range(
            "range of key and prefix",
            invalid("BAD_RANGE", "key"),
            RangeRequest.newBuilder().setKey(bytes("a")).setPrefix(bytes("a"))),
        BadInputRow.of(
            "page token of another query",
            invalid("BAD_PAGE_TOKEN", "page_token"),
            () ->
                Answers.of(
                    () ->
                        page(RangeRequest.newBuilder().setPrefix(bytes("ro")).setPageToken(token()))
                                .getKvsCount()
                            + " keys")),
        BadInputRow.of(
            "forged page tokens: each byte of one changed",
            "all INVALID_ARGUMENT BAD_PAGE_TOKEN",
            this::forge),
        range(
            "page token of random bytes",
            invalid("BAD_PAGE_TOKEN", "page_token"),
            RangeRequest.newBuilder().setPageToken(bytes(4096))),
        delete("delete of nothing named", invalid("BAD_RANGE", "key"), DeleteRequest.newBuilder()),
        delete(
            "delete with end before start",
            invalid("BAD_RANGE", "end"),
            DeleteRequest.newBuilder().setStart(bytes("b")).setEnd(bytes("a"))),
        delete(
            "delete with limit -1",
            invalid("BAD_LIMIT", "limit"),
            DeleteRequest.newBuilder().setPrefix(bytes("a")).setLimit(-1)));
  }

  private String writeKeys() throws Exception {
    KVGrpc.KVFutureStub stub =
        KVGrpc.newFutureStub(channel).withDeadlineAfter(120, TimeUnit.SECONDS);
    List<java.util.concurrent.Future<PutResponse>> puts = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      puts.add(stub.put(PutRequest.newBuilder().setKey(bytes("row/" + i)).build()));
      if (puts.size() == 500) {
        for (var put : puts) {
          put.get();
        }
        puts.clear();
      }
    }
    for (var put : puts) {
      put.get();
    }
    return "OK";
  }

  private RangeResponse page(RangeRequest.Builder request) {
    return kv().range(request.build());
  }

  private ByteString token() {
    return page(RangeRequest.newBuilder().setPrefix(bytes("row/")).setLimit(1)).getNextPageToken();
  }

  private String forge() {
    byte[] good = token().toByteArray();
    for (int i = 0; i < good.length; i++) {
      byte[] forged = good.clone();
      forged[i] ^= 1;
      RangeRequest.Builder request =
          RangeRequest.newBuilder()
              .setPrefix(bytes("row/"))
              .setLimit(1)
              .setPageToken(ByteString.copyFrom(forged));
      String answer = Answers.of(() -> page(request).getKvsCount() + " keys");
      if (!answer.equals(invalid("BAD_PAGE_TOKEN", "page_token"))) {
        return "byte " + i + " changed: " + answer;
      }
    }
    return "all INVALID_ARGUMENT BAD_PAGE_TOKEN";
  }

  private List<BadInputRow> conditionsAndTimes() {
    return List.of(
        put("if_revision -1", invalid("BAD_REVISION", "if_revision"), put().setIfRevision(-1)),
        put(
            "if_revision of another revision",
            "FAILED_PRECONDITION CONDITION_FAILED .* not_applied",
            put().setIfRevision(1L << 60)),
        put("TTL of -1 s", invalid("BAD_DURATION", "ttl"), ttl(-1, 0)),
        put("TTL of 2^63 s", invalid("BAD_DURATION", "ttl"), ttl(Long.MAX_VALUE, 0)),
        put("TTL with signs that differ", invalid("BAD_DURATION", "ttl"), ttl(1, -1)),
        get(
            "read at revision -1",
            "INVALID_ARGUMENT BAD_REVISION read.at_revision .*",
            ReadOptions.newBuilder().setAtRevision(-1)),
        get(
            "read at a revision to come",
            "OUT_OF_RANGE FUTURE_REVISION .* read",
            ReadOptions.newBuilder().setAtRevision(1L << 60)),
        get(
            "consistency of unknown number 99",
            "INVALID_ARGUMENT BAD_CONSISTENCY .*",
            ReadOptions.newBuilder().setConsistencyValue(99)),
        BadInputRow.of(
            "deadline of 1 ms on a put",
            "DEADLINE_EXCEEDED .*|OK .*",
            () ->
                Answers.of(
                    () ->
                        ""
                            + KVGrpc.newBlockingStub(channel)
                                .withDeadlineAfter(1, TimeUnit.MILLISECONDS)
                                .put(put().build())
                                .getModRevision())));
  }

  private List<BadInputRow> messages() {
    byte[] nested = new byte[20_000];
    Arrays.fill(nested, 0, 10_000, (byte) (11 << 3 | 3));
    Arrays.fill(nested, 10_000, 20_000, (byte) (11 << 3 | 4));
    byte[] noise = "\u0007nonsense".getBytes(StandardCharsets.UTF_8);
    return List.of(
        put("unknown field", "OK true", put().setUnknownFields(unknown(bytes("x")))),
        raw("groups nested 10,000 deep", invalid("MALFORMED_REQUEST", "-"), nested),
        raw("truncated message", invalid("MALFORMED_REQUEST", "-"), new byte[] {10, 5, 1}),
        raw("random bytes as a message", invalid("MALFORMED_REQUEST", "-"), noise),
        unknownMethod("raftkv.v1.KV/Gett"),
        unknownMethod("raftkv.v1.Nobody/Get"),
        unknownMethod("grpc.channelz.v1.Channelz/GetServers"),
        unknownMethod(RaftGrpc.SERVICE_NAME + "/RequestVote"),
        unknownMethod(RaftGrpc.SERVICE_NAME + "/AppendEntries"),
        unknownMethod(RaftGrpc.SERVICE_NAME + "/InstallSnapshot"));
  }

  private BadInputRow raw(String name, String expected, byte[] message) {
    return BadInputRow.of(
        name,
        expected,
        () -> Answers.of(() -> call(KVGrpc.getPutMethod().getFullMethodName(), message)));
  }

  private BadInputRow unknownMethod(String fullName) {
    return BadInputRow.of(
        "client port: " + fullName,
        "UNIMPLEMENTED .*",
        () -> Answers.of(() -> call(fullName, new byte[0])));
  }

  private String call(String fullName, byte[] message) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
    byte[] answer =
        ClientCalls.blockingUnaryCall(channel, RawBytes.unary(fullName), options, message);
    return answer.length + " bytes";
  }
}
