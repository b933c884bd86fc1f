package io.raftkv.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.raftkv.proto.peer.v1.AppendRequest;
import io.raftkv.proto.peer.v1.AppendResponse;
import io.raftkv.proto.peer.v1.Entry;
import io.raftkv.proto.peer.v1.ForwardRequest;
import io.raftkv.proto.peer.v1.ForwardResponse;
import io.raftkv.proto.peer.v1.HeartbeatRequest;
import io.raftkv.proto.peer.v1.SnapshotChunk;
import io.raftkv.proto.peer.v1.TimeoutNowResponse;
import io.raftkv.proto.peer.v1.VoteRequest;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.Message;
import io.raftkv.raft.Room;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.StateSample;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CodecTest {
  private static final MemberId FROM = new MemberId(0x8000_0000_0000_0001L);
  private static final MemberId TO = new MemberId(2);
  private static final Decoder DECODER = new Decoder(FROM, TO);

  @Test
  void everyMessageArrivesAsItWasSent() throws Exception {
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      for (Message message : oneOfEach(random)) {
        Message arrived = DECODER.decode(overTheWire(message));

        // Records with arrays compare them by identity; assertj looks inside.
        assertThat(arrived).as("seed %d", seed).usingRecursiveComparison().isEqualTo(message);
        assertThat(arrived).hasSameClassAs(message);
      }
    }
  }

  @Test
  void oneOfEachLeavesNoKindOut() {
    Set<Class<?>> kinds = new HashSet<>();
    oneOfEach(new Random(1)).forEach(message -> kinds.add(message.getClass()));
    kinds.add(Message.SnapshotReceived.class); // never on the wire

    assertThat(kinds).containsExactlyInAnyOrder(Message.class.getPermittedSubclasses());
  }

  @Test
  void whatIsNotForTheWireIsNotEncoded() {
    Message local =
        new Message.SnapshotReceived(
            FROM, TO, 1, new SnapshotMeta(EntryId.ZERO, Configuration.EMPTY));

    assertThatThrownBy(() -> Encoder.encode(local)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @MethodSource("badMessages")
  void numbersOutOfRangeAreRefused(MessageLite proto) {
    assertThatThrownBy(() -> DECODER.decode(new Frame(proto)))
        .isInstanceOf(BadMessageException.class);
  }

  static List<MessageLite> badMessages() {
    AppendRequest append =
        AppendRequest.newBuilder().setTerm(5).setPrevIndex(7).setPrevTerm(3).build();
    SnapshotChunk chunk =
        SnapshotChunk.newBuilder()
            .setTerm(5)
            .setTotalBytes(10)
            .setData(ByteString.copyFrom(new byte[4]))
            .build();
    return List.of(
        ForwardRequest.newBuilder().setChange(ByteString.copyFrom(new byte[7])).build(),
        VoteRequest.newBuilder().setTerm(-1).build(),
        VoteRequest.newBuilder().setTerm(Long.MAX_VALUE).build(),
        VoteRequest.newBuilder().setLastLogIndex(-1).build(),
        VoteRequest.newBuilder().setLastLogTerm(Decoder.NUMBER_MAX + 1).build(),
        HeartbeatRequest.newBuilder().setCommitIndex(-1).build(),
        AppendResponse.newBuilder().setMatchIndex(Long.MIN_VALUE).build(),
        append.toBuilder().setPrevIndex(Long.MAX_VALUE).addEntries(entry(3, 1)).build(),
        append.toBuilder().setCommitIndex(-5).build(),
        append.toBuilder().addEntries(entry(3, 9)).build(),
        append.toBuilder().addEntries(entry(3, -1)).build(),
        append.toBuilder().addEntries(entry(3, 2)).build(),
        append.toBuilder()
            .addEntries(entry(3, 2).toBuilder().setData(ByteString.copyFromUtf8("no members")))
            .build(),
        append.toBuilder().addEntries(entry(2, 1)).build(),
        append.toBuilder().addEntries(entry(6, 1)).build(),
        append.toBuilder().addEntries(entry(4, 1)).addEntries(entry(3, 1)).build(),
        append.toBuilder().addEntries(entry(3, 1).toBuilder().setClusterTimeMillis(-1)).build(),
        append.toBuilder()
            .addAllEntries(java.util.Collections.nCopies(Decoder.ENTRIES_MAX + 1, entry(3, 1)))
            .build(),
        chunk.toBuilder().setOffset(-1).build(),
        chunk.toBuilder().setOffset(7).build(),
        chunk.toBuilder().setTotalBytes(Long.MAX_VALUE).build(),
        chunk.toBuilder()
            .setTotalBytes(1 << 30)
            .setData(ByteString.copyFrom(new byte[Decoder.CHUNK_BYTES_MAX + 1]))
            .build(),
        ForwardRequest.newBuilder().setForwardId(1).build(),
        ForwardResponse.newBuilder().setFailure(-1).build(),
        ForwardResponse.newBuilder().setFailure(1_000).build(),
        TimeoutNowResponse.getDefaultInstance());
  }

  private static Entry entry(long term, int kind) {
    return Entry.newBuilder().setTerm(term).setKind(kind).build();
  }

  @Test
  void bytesThatAreNoMessageAreRefused() {
    Random random = new Random(11);
    int refused = 0;
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(40)];
      random.nextBytes(bytes);
      for (Rpc rpc : Rpc.values()) {
        Frame frame = rpc.method().parseRequest(new java.io.ByteArrayInputStream(bytes));
        try {
          DECODER.decode(frame);
        } catch (BadMessageException e) {
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(10_000);
  }

  private static Frame overTheWire(Message message) {
    Rpc rpc = Rpc.of(message);
    Frame frame = new Frame(Encoder.encode(message));
    if (Rpc.isAnswer(message)) {
      InputStream bytes = rpc.method().streamResponse(frame);
      return rpc.method().parseResponse(bytes);
    }
    return rpc.method().parseRequest(rpc.method().streamRequest(frame));
  }

  private static List<Message> oneOfEach(Random random) {
    long term = number(random);
    return List.of(
        new Message.VoteRequest(
            FROM, TO, term, id(random), random.nextBoolean(), random.nextBoolean()),
        new Message.VoteResponse(FROM, TO, term, random.nextBoolean(), random.nextBoolean()),
        append(random),
        new Message.AppendResponse(
            FROM, TO, term, random.nextBoolean(), number(random), number(random), id(random)),
        new Message.HeartbeatRequest(
            FROM,
            TO,
            term,
            number(random),
            number(random),
            number(random),
            new StateSample(number(random), random.nextLong()),
            number(random)),
        new Message.HeartbeatResponse(
            FROM,
            TO,
            term,
            number(random),
            Room.values()[1 + random.nextInt(3)],
            new StateSample(number(random), random.nextLong())),
        new Message.TimeoutNow(FROM, TO, term),
        new Message.ReadIndexRequest(FROM, TO, term, random.nextLong()),
        new Message.ReadIndexResponse(
            FROM, TO, term, random.nextLong(), number(random), random.nextBoolean()),
        chunk(random),
        new Message.SnapshotAck(
            FROM, TO, term, number(random), number(random), random.nextBoolean()),
        new Message.Forward(FROM, TO, 0, random.nextLong(), bytes(random)),
        new Message.ForwardTransfer(
            FROM, TO, 0, random.nextLong(), new MemberId(random.nextLong())),
        new Message.ForwardTransfer(FROM, TO, 0, random.nextLong(), MemberId.NONE),
        new Message.ForwardChange(FROM, TO, 0, random.nextLong(), change(random)),
        new Message.ForwardResult(
            FROM, TO, 0, random.nextLong(), random.nextInt(5), bytes(random)));
  }

  private static MembershipChange change(Random random) {
    Member member =
        new Member(
            new MemberId(random.nextLong()),
            "n" + random.nextInt(10),
            "host:" + random.nextInt(1000),
            Member.Standing.JOINING,
            new MemberId(random.nextLong()));
    MembershipChange.Kind[] kinds = MembershipChange.Kind.values();
    return new MembershipChange(
        kinds[random.nextInt(kinds.length)], member, number(random), random.nextBoolean());
  }

  private static Message append(Random random) {
    EntryId previous = new EntryId(number(random), random.nextInt(10));
    List<LogEntry> entries = new ArrayList<>();
    long term = previous.term();
    for (int i = random.nextInt(20); i > 0; i--) {
      term += random.nextInt(2);
      LogEntry.Kind kind = LogEntry.Kind.of(random.nextInt(3));
      byte[] data =
          kind == LogEntry.Kind.CONFIGURATION ? Configuration.EMPTY.encode() : bytes(random);
      entries.add(
          new LogEntry(previous.index() + 1 + entries.size(), term, kind, number(random), data));
    }
    return new Message.AppendRequest(FROM, TO, term, previous, entries, number(random));
  }

  private static Message chunk(Random random) {
    byte[] data = bytes(random);
    long offset = number(random) / 2;
    long total = offset + data.length + random.nextInt(3);
    return new Message.SnapshotChunk(
        FROM, TO, number(random), id(random), total, offset, data, random.nextInt());
  }

  private static EntryId id(Random random) {
    return new EntryId(number(random), number(random));
  }

  /** Small, middling and at the bounds. */
  private static long number(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(1_000);
      case 2 -> Decoder.NUMBER_MAX;
      default -> random.nextLong() & (Decoder.NUMBER_MAX - 1);
    };
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(3_000)];
    random.nextBytes(bytes);
    return bytes;
  }
}
