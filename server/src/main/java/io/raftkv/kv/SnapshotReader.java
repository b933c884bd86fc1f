package io.raftkv.kv;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what {@link SnapshotWriter} wrote, and believes none of it: order, bounds, counts and the
 * checksum are verified. Anything wrong is an {@link IOException}, and there is no state.
 */
final class SnapshotReader {
  private final RecordReader records;

  SnapshotReader(InputStream from) {
    this.records = new RecordReader(from);
  }

  /** Reads the stream to its end. */
  KvState read() throws IOException {
    SnapshotHeader header = header();
    List<byte[]> keys = new ArrayList<>();
    List<Version> histories = new ArrayList<>();
    HistoryReader history = new HistoryReader(header);
    SessionsReader sessions = new SessionsReader(header);
    byte type = records.next();
    require(
        type == SnapshotWriter.KEY || type == SnapshotWriter.SESSION || type == SnapshotWriter.END,
        "no key after the header");
    while (type != SnapshotWriter.SESSION && type != SnapshotWriter.END) {
      switch (type) {
        case SnapshotWriter.KEY -> {
          if (!keys.isEmpty()) {
            histories.add(history.finish());
          }
          byte[] key = records.bytes(records.length() - 1);
          require(
              keys.isEmpty() || Arrays.compareUnsigned(keys.get(keys.size() - 1), key) < 0,
              "keys out of order");
          keys.add(key);
        }
        case SnapshotWriter.VALUE, SnapshotWriter.ATTACHED -> {
          boolean isAttached = type == SnapshotWriter.ATTACHED;
          int fixed =
              isAttached ? SnapshotWriter.ATTACHED_LENGTH_MIN : SnapshotWriter.VALUE_LENGTH_MIN;
          int valueLength = records.length() - fixed;
          require(valueLength >= 0, "a value record too short");
          long create = records.number();
          long mod = records.number();
          long version = records.number();
          long expiryMillis = records.number();
          long sessionId = isAttached ? records.number() : 0;
          require(!isAttached || sessionId != 0, "a key attached to no session");
          history.value(records.bytes(valueLength), create, mod, version, expiryMillis, sessionId);
        }
        case SnapshotWriter.DELETED -> {
          require(
              records.length() == SnapshotWriter.DELETED_LENGTH, "a tombstone of another length");
          history.tombstone(records.number());
        }
        default -> throw new IOException("snapshot of a state: unknown record " + type);
      }
      type = records.next();
    }
    if (!keys.isEmpty()) {
      histories.add(history.finish());
    }
    while (type != SnapshotWriter.END) {
      session(type, sessions);
      type = records.next();
    }
    records.end();
    require(keys.size() == header.entries(), "another number of keys");
    Sessions open = sessions.finish();
    for (Version newest : histories) {
      require(
          newest.sessionId() == 0 || open.find(newest.sessionId()) != null,
          "a key attached to a session that is not open");
    }
    return new KvState(header, keys, histories, open);
  }

  private void session(byte type, SessionsReader sessions) throws IOException {
    switch (type) {
      case SnapshotWriter.SESSION -> {
        int nameLength = records.length() - SnapshotWriter.SESSION_LENGTH_MIN;
        require(nameLength >= 0, "a session record too short");
        long id = records.number();
        long ttlMillis = records.number();
        long heardMillis = records.number();
        long firstOutstanding = records.number();
        sessions.session(id, ttlMillis, heardMillis, firstOutstanding, records.bytes(nameLength));
      }
      case SnapshotWriter.RESULT -> {
        int resultLength = records.length() - SnapshotWriter.RESULT_LENGTH_MIN;
        require(resultLength >= 0, "a result record too short");
        long sequence = records.number();
        sessions.result(sequence, records.bytes(resultLength));
      }
      default -> throw new IOException("snapshot of a state: record " + type + " among sessions");
    }
  }

  private SnapshotHeader header() throws IOException {
    byte type = records.next();
    require(
        type == SnapshotWriter.HEADER && records.length() <= SnapshotWriter.HEADER_LENGTH,
        "not a header");
    return SnapshotHeader.read(ByteBuffer.wrap(records.bytes(records.length() - 1)));
  }

  static void require(boolean holds, String problem) throws IOException {
    if (!holds) {
      throw new IOException("snapshot of a state: " + problem);
    }
  }
}
