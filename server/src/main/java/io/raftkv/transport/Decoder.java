package io.raftkv.transport;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
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
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.Room;
import io.raftkv.raft.StateSample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From the wire to messages, for one sender and receiver as the handshake established them. Trusts
 * no number: one term of 2^63-1 let in would end every election for good.
 */
final class Decoder {
  /** Far above what a cluster can reach, and far below an overflow. */
  static final long NUMBER_MAX = 1L << 60;

  static final int ENTRIES_MAX = 1 << 16;
  static final int CHUNK_BYTES_MAX = 4 << 20;

  private static final byte[] NO_BYTES = {};
  private static final int REASONS = RaftException.Reason.values().length;

  private final MemberId from;
  private final MemberId to;

  Decoder(MemberId from, MemberId to) {
    this.from = from;
    this.to = to;
  }

  Message decode(Frame frame) throws BadMessageException {
    MessageLite proto = frame.proto();
    if (proto == null) {
      throw new BadMessageException("not a message of this stream");
    }
    // The most frequent kinds first.
    if (proto instanceof AppendRequest m) {
      return append(m);
    }
    if (proto instanceof AppendResponse m) {
      return new Message.AppendResponse(
          from,
          to,
          number("term", m.getTerm()),
          m.getSuccess(),
          number("match_index", m.getMatchIndex()),
          number("rejected_index", m.getRejectedIndex()),
          new EntryId(
              number("conflict_index", m.getConflictIndex()),
              number("conflict_term", m.getConflictTerm())));
    }
    if (proto instanceof HeartbeatRequest m) {
      return new Message.HeartbeatRequest(
          from,
          to,
          number("term", m.getTerm()),
          number("commit_index", m.getCommitIndex()),
          number("read_sequence", m.getReadSequence()),
          number("leader_commit_index", m.getLeaderCommitIndex()),
          new StateSample(number("state_index", m.getStateIndex()), m.getStateHash()),
          number("agreed_index", m.getAgreedIndex()));
    }
    if (proto instanceof HeartbeatResponse m) {
      return new Message.HeartbeatResponse(
          from,
          to,
          number("term", m.getTerm()),
          number("read_sequence", m.getReadSequence()),
          m.getLogFull() ? Room.NONE : m.getDiskFull() ? Room.HARDLY_ANY : Room.ENOUGH,
          new StateSample(number("state_index", m.getStateIndex()), m.getStateHash()));
    }
    if (proto instanceof ReadIndexRequest m) {
      return new Message.ReadIndexRequest(from, to, number("term", m.getTerm()), m.getReadId());
    }
    if (proto instanceof ReadIndexResponse m) {
      return new Message.ReadIndexResponse(
          from,
          to,
          number("term", m.getTerm()),
          m.getReadId(),
          number("index", m.getIndex()),
          m.getConfirmed());
    }
    return rare(proto);
  }

  private Message rare(MessageLite proto) throws BadMessageException {
    if (proto instanceof ForwardRequest m) {
      return forward(m);
    }
    if (proto instanceof ForwardResponse m) {
      check(
          m.getFailure() >= 0 && m.getFailure() <= REASONS,
          "failure",
          Integer.toUnsignedLong(m.getFailure()));
      return new Message.ForwardResult(
          from, to, 0, m.getForwardId(), m.getFailure(), bytes(m.getResult()));
    }
    if (proto instanceof VoteRequest m) {
      return new Message.VoteRequest(
          from,
          to,
          number("term", m.getTerm()),
          new EntryId(
              number("last_log_index", m.getLastLogIndex()),
              number("last_log_term", m.getLastLogTerm())),
          m.getPreVote(),
          m.getTransfer());
    }
    if (proto instanceof VoteResponse m) {
      return new Message.VoteResponse(
          from, to, number("term", m.getTerm()), m.getGranted(), m.getPreVote());
    }
    if (proto instanceof TimeoutNowRequest m) {
      return new Message.TimeoutNow(from, to, number("term", m.getTerm()));
    }
    if (proto instanceof SnapshotChunk m) {
      return chunk(m);
    }
    if (proto instanceof SnapshotAck m) {
      return new Message.SnapshotAck(
          from,
          to,
          number("term", m.getTerm()),
          number("snapshot_index", m.getSnapshotIndex()),
          number("next_offset", m.getNextOffset()),
          m.getRefused());
    }
    throw new BadMessageException("nobody answers with " + proto.getClass().getSimpleName());
  }

  private Message append(AppendRequest m) throws BadMessageException {
    long term = number("term", m.getTerm());
    EntryId previous =
        new EntryId(number("prev_index", m.getPrevIndex()), number("prev_term", m.getPrevTerm()));
    int count = m.getEntriesCount();
    check(count <= ENTRIES_MAX, "number of entries", count);
    List<LogEntry> entries = new ArrayList<>(count);
    long index = previous.index();
    long entryTerm = previous.term();
    for (Entry entry : m.getEntriesList()) {
      index++;
      // Terms in a log never fall, and none is above its leader's (Raft paper 5.3).
      check(entry.getTerm() >= entryTerm && entry.getTerm() <= term, "entry term", entry.getTerm());
      entryTerm = entry.getTerm();
      check(entry.getClusterTimeMillis() >= 0, "cluster time", entry.getClusterTimeMillis());
      LogEntry.Kind kind = kind(entry.getKind());
      byte[] data = bytes(entry.getData());
      if (kind == LogEntry.Kind.CONFIGURATION) {
        checkConfiguration(data);
      }
      entries.add(new LogEntry(index, entryTerm, kind, entry.getClusterTimeMillis(), data));
    }
    return new Message.AppendRequest(
        from, to, term, previous, entries, number("commit_index", m.getCommitIndex()));
  }

  private Message chunk(SnapshotChunk m) throws BadMessageException {
    long total = number("total_bytes", m.getTotalBytes());
    long offset = number("offset", m.getOffset());
    int length = m.getData().size();
    check(length <= CHUNK_BYTES_MAX, "chunk size", length);
    check(offset + length <= total, "end of chunk", offset + length);
    return new Message.SnapshotChunk(
        from,
        to,
        number("term", m.getTerm()),
        new EntryId(
            number("snapshot_index", m.getSnapshotIndex()),
            number("snapshot_term", m.getSnapshotTerm())),
        total,
        offset,
        bytes(m.getData()),
        m.getCrc());
  }

  /** The wire has no term here, because the core never sees it: 0. */
  private Message forward(ForwardRequest m) throws BadMessageException {
    return switch (m.getRequestCase()) {
      case COMMAND -> new Message.Forward(from, to, 0, m.getForwardId(), bytes(m.getCommand()));
      case TRANSFER_TO ->
          new Message.ForwardTransfer(
              from, to, 0, m.getForwardId(), new MemberId(m.getTransferTo()));
      case CHANGE ->
          new Message.ForwardChange(from, to, 0, m.getForwardId(), change(bytes(m.getChange())));
      case REQUEST_NOT_SET -> throw new BadMessageException("forward without a request");
    };
  }

  private static MembershipChange change(byte[] data) throws BadMessageException {
    try {
      return MembershipChange.decode(data);
    } catch (IllegalArgumentException e) {
      throw new BadMessageException("forward with no valid change: " + e.getMessage());
    }
  }

  /** In the log, bytes that are none would stop the member, now and at every start. */
  private static void checkConfiguration(byte[] data) throws BadMessageException {
    try {
      Configuration.decode(data);
    } catch (IllegalArgumentException e) {
      throw new BadMessageException("entry with no valid configuration: " + e.getMessage());
    }
  }

  private static LogEntry.Kind kind(int code) throws BadMessageException {
    try {
      return LogEntry.Kind.of(code);
    } catch (IllegalArgumentException e) {
      throw new BadMessageException("entry of unknown kind " + Integer.toUnsignedString(code));
    }
  }

  private static long number(String name, long value) throws BadMessageException {
    check(value >= 0 && value <= NUMBER_MAX, name, value);
    return value;
  }

  private static void check(boolean holds, String name, long value) throws BadMessageException {
    if (!holds) {
      throw new BadMessageException(name + " " + Long.toUnsignedString(value) + " is out of range");
    }
  }

  /** The array behind the string where it has one of its own, else a copy. Nobody changes it. */
  private static byte[] bytes(ByteString string) {
    if (string.isEmpty()) {
      return NO_BYTES;
    }
    try {
      Unwrapped unwrapped = new Unwrapped(string.size());
      UnsafeByteOperations.unsafeWriteTo(string, unwrapped);
      return unwrapped.bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Unwrapped throws none.
    }
  }

  private static final class Unwrapped extends ByteOutput {
    private byte[] bytes = NO_BYTES;
    private final int size;
    private int position;

    Unwrapped(int size) {
      this.size = size;
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
      if (offset == 0 && length == size && value.length == size) {
        bytes = value;
      } else {
        write(value, offset, length);
      }
    }

    @Override
    public void write(byte[] value, int offset, int length) {
      write(ByteBuffer.wrap(value, offset, length));
    }

    @Override
    public void write(byte value) {
      write(ByteBuffer.wrap(new byte[] {value}));
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      write(value);
    }

    @Override
    public void write(ByteBuffer value) {
      if (bytes.length != size) {
        bytes = Arrays.copyOf(bytes, size);
      }
      int length = value.remaining();
      value.duplicate().get(bytes, position, length);
      position += length;
    }
  }
}
