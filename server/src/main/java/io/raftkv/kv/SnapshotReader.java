package io.raftkv.kv;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

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
    KeysReader keys = new KeysReader(header);
    SessionsReader sessions = new SessionsReader(header);
    byte type = records.next();
    while (type != SnapshotWriter.SESSION && type != SnapshotWriter.END) {
      ofKey(type, keys);
      type = records.next();
    }
    while (type != SnapshotWriter.END) {
      ofSession(type, sessions);
      type = records.next();
    }
    records.end();
    return keys.finish(sessions.finish());
  }

  private void ofKey(byte type, KeysReader keys) throws IOException {
    switch (type) {
      case SnapshotWriter.KEY -> keys.key(records.bytes(records.length() - 1));
      case SnapshotWriter.VALUE -> value(keys, SnapshotWriter.VALUE_LENGTH_MIN, false);
      case SnapshotWriter.ATTACHED -> value(keys, SnapshotWriter.ATTACHED_LENGTH_MIN, true);
      case SnapshotWriter.DELETED -> {
        require(records.length() == SnapshotWriter.DELETED_LENGTH, "a tombstone of another length");
        keys.history().tombstone(records.number());
      }
      default -> throw new IOException("snapshot of a state: record " + type + " among keys");
    }
  }

  private void value(KeysReader keys, int fixedLength, boolean isAttached) throws IOException {
    int valueLength = records.length() - fixedLength;
    require(valueLength >= 0, "a value record too short");
    long create = records.number();
    long mod = records.number();
    long version = records.number();
    long expiryMillis = records.number();
    long sessionId = isAttached ? records.number() : 0;
    require(!isAttached || sessionId != 0, "a key attached to no session");
    byte[] value = records.bytes(valueLength);
    keys.history().value(value, create, mod, version, expiryMillis, sessionId);
  }

  private void ofSession(byte type, SessionsReader sessions) throws IOException {
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
