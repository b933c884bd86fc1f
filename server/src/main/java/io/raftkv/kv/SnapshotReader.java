package io.raftkv.kv;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;

/**
 * Reads what {@link SnapshotWriter} wrote, and believes none of it: order, bounds, counts and the
 * checksum are verified, and a length read from the stream allocates no more than the stream then
 * delivers. Anything wrong is an {@link IOException}, and there is no state.
 */
final class SnapshotReader {
  private static final int BUFFER_BYTES = 1 << 16;

  private final CheckedInputStream checked;
  private final DataInputStream in;
  private long records;

  SnapshotReader(InputStream from) {
    this.checked =
        new CheckedInputStream(new BufferedInputStream(from, BUFFER_BYTES), new CRC32C());
    this.in = new DataInputStream(checked);
  }

  /** Reads the stream to its end. */
  KvState read() throws IOException {
    SnapshotHeader header = header();
    List<byte[]> keys = new ArrayList<>();
    List<Version> histories = new ArrayList<>();
    HistoryReader history = new HistoryReader(header);
    SessionsReader sessions = new SessionsReader(header);
    int length = length();
    byte type = in.readByte();
    require(
        type == SnapshotWriter.KEY || type == SnapshotWriter.SESSION || type == SnapshotWriter.END,
        "no key after the header");
    while (type != SnapshotWriter.SESSION && type != SnapshotWriter.END) {
      switch (type) {
        case SnapshotWriter.KEY -> {
          if (!keys.isEmpty()) {
            histories.add(history.finish());
          }
          byte[] key = bytes(length - 1);
          require(
              keys.isEmpty() || Arrays.compareUnsigned(keys.get(keys.size() - 1), key) < 0,
              "keys out of order");
          keys.add(key);
        }
        case SnapshotWriter.VALUE, SnapshotWriter.ATTACHED -> {
          boolean isAttached = type == SnapshotWriter.ATTACHED;
          int fixed =
              isAttached ? SnapshotWriter.ATTACHED_LENGTH_MIN : SnapshotWriter.VALUE_LENGTH_MIN;
          require(length >= fixed, "a value record too short");
          long create = in.readLong();
          long mod = in.readLong();
          long version = in.readLong();
          long expiryMillis = in.readLong();
          long sessionId = isAttached ? in.readLong() : 0;
          require(!isAttached || sessionId != 0, "a key attached to no session");
          history.value(bytes(length - fixed), create, mod, version, expiryMillis, sessionId);
        }
        case SnapshotWriter.DELETED -> {
          require(length == SnapshotWriter.DELETED_LENGTH, "a tombstone of another length");
          history.tombstone(in.readLong());
        }
        default -> throw new IOException("snapshot of a state: unknown record " + type);
      }
      length = length();
      type = in.readByte();
    }
    if (!keys.isEmpty()) {
      histories.add(history.finish());
    }
    while (type != SnapshotWriter.END) {
      session(type, length, sessions);
      length = length();
      type = in.readByte();
    }
    end(length);
    require(keys.size() == header.entries(), "another number of keys");
    Sessions open = sessions.finish();
    for (Version newest : histories) {
      require(
          newest.sessionId() == 0 || open.find(newest.sessionId()) != null,
          "a key attached to a session that is not open");
    }
    return new KvState(header, keys, histories, open);
  }

  private void session(byte type, int length, SessionsReader sessions) throws IOException {
    switch (type) {
      case SnapshotWriter.SESSION -> {
        require(length >= SnapshotWriter.SESSION_LENGTH_MIN, "a session record too short");
        long id = in.readLong();
        long ttlMillis = in.readLong();
        long heardMillis = in.readLong();
        long firstOutstanding = in.readLong();
        byte[] name = bytes(length - SnapshotWriter.SESSION_LENGTH_MIN);
        sessions.session(id, ttlMillis, heardMillis, firstOutstanding, name);
      }
      case SnapshotWriter.RESULT -> {
        require(length >= SnapshotWriter.RESULT_LENGTH_MIN, "a result record too short");
        long sequence = in.readLong();
        sessions.result(sequence, bytes(length - SnapshotWriter.RESULT_LENGTH_MIN));
      }
      default -> throw new IOException("snapshot of a state: record " + type + " among sessions");
    }
  }

  private SnapshotHeader header() throws IOException {
    int length = length();
    byte type = in.readByte();
    require(type == SnapshotWriter.HEADER, "not a header");
    return SnapshotHeader.read(in, length);
  }

  private void end(int length) throws IOException {
    require(length == SnapshotWriter.END_LENGTH, "an end of another length");
    require(in.readLong() == records, "another number of records");
    int found = (int) checked.getChecksum().getValue();
    require(in.readInt() == found, "the checksum does not match");
    // Also lets the layer below see its own end, and check it.
    require(in.read() == -1, "bytes behind the end");
  }

  private int length() throws IOException {
    int length = in.readInt();
    require(length >= 1, "a record of length " + length);
    records++;
    return length;
  }

  private byte[] bytes(int length) throws IOException {
    // Grows with what arrives, whatever the length says.
    byte[] bytes = in.readNBytes(length);
    require(bytes.length == length, "it ends early");
    return bytes;
  }

  static void require(boolean holds, String problem) throws IOException {
    if (!holds) {
      throw new IOException("snapshot of a state: " + problem);
    }
  }
}
