package io.raftkv.kv;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * Writes a state as a stream of records, each {@code length | type | body}, integers big-endian:
 *
 * <pre>
 *   HEADER   magic, format version, applied index, cluster time, revision, compacted revision,
 *            state hash, number of keys, last session id, number of sessions
 *   KEY      the bytes of the key            keys ascending
 *   VALUE    create, mod, version, expiry, value  of the key before it, newest first
 *   ATTACHED create, mod, version, expiry, session id, value  likewise, of a key of a session
 *   DELETED  mod                             likewise
 *   SESSION  id, time to live, last heard, first outstanding, name     ids ascending
 *   RESULT   sequence, the bytes of the result  of the session before it, sequences ascending
 *   END      number of records, CRC32C of every byte before it
 * </pre>
 *
 * <p>Format 1 had no sessions: no such records, and a header without the last two numbers. It is
 * read, not written. Whoever does not know attached keys refuses a state that has some.
 *
 * <p>Equal states write equal bytes. Nothing larger than one value is held in memory.
 */
final class SnapshotWriter {
  static final int MAGIC = 0x52_4B_56_53;
  static final int FORMAT_VERSION = 2;
  static final int FORMAT_VERSION_WITHOUT_SESSIONS = 1;

  static final byte HEADER = 1;
  static final byte KEY = 2;
  static final byte VALUE = 3;
  static final byte DELETED = 4;
  static final byte END = 5;
  static final byte SESSION = 6;
  static final byte RESULT = 7;
  static final byte ATTACHED = 8;

  /** Bytes of the type and of what has a fixed length, by record. */
  static final int HEADER_LENGTH = 1 + 2 * Integer.BYTES + 8 * Long.BYTES;

  static final int HEADER_LENGTH_WITHOUT_SESSIONS = HEADER_LENGTH - 2 * Long.BYTES;

  static final int VALUE_LENGTH_MIN = 1 + 4 * Long.BYTES;
  static final int ATTACHED_LENGTH_MIN = VALUE_LENGTH_MIN + Long.BYTES;
  static final int DELETED_LENGTH = 1 + Long.BYTES;
  static final int SESSION_LENGTH_MIN = 1 + 4 * Long.BYTES;
  static final int RESULT_LENGTH_MIN = 1 + Long.BYTES;
  static final int END_LENGTH = 1 + Long.BYTES + Integer.BYTES;

  /** Of any record: its length, and what stands before a name, a key, a value or a result. */
  private static final int FIXED_BYTES_MAX = Integer.BYTES + HEADER_LENGTH;

  private static final int BUFFER_BYTES = 1 << 16;

  private final OutputStream to;
  private final CRC32C crc = new CRC32C();

  /** Records on their way, so that a number is one access to memory and no call. */
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

  private long records;

  SnapshotWriter(OutputStream to) {
    this.to = to;
  }

  /** Writes the state and flushes; the stream stays open. */
  void write(SnapshotHeader header, TreeCursor<Version> entries, Sessions.Frozen sessions)
      throws IOException {
    begin(HEADER, HEADER_LENGTH);
    header.writeTo(buffer);
    while (entries.next()) {
      byte[] key = entries.key();
      begin(KEY, 1 + key.length);
      put(key);
      for (Version at = entries.value(); at != null; at = at.older) {
        version(at);
      }
    }
    TreeCursor<Session> open = sessions.after(0);
    while (open.next()) {
      session(open.value());
    }
    begin(END, END_LENGTH);
    buffer.putLong(records);
    flush();
    buffer.putInt((int) crc.getValue());
    flush();
    to.flush();
  }

  private void version(Version version) throws IOException {
    byte[] value = version.value;
    if (value == null) {
      begin(DELETED, DELETED_LENGTH);
      buffer.putLong(version.modRevision);
      return;
    }
    boolean isAttached = version.sessionId() != 0;
    begin(
        isAttached ? ATTACHED : VALUE,
        (isAttached ? ATTACHED_LENGTH_MIN : VALUE_LENGTH_MIN) + value.length);
    buffer
        .putLong(version.createRevision)
        .putLong(version.modRevision)
        .putLong(version.version)
        .putLong(version.expiryMillis());
    if (isAttached) {
      buffer.putLong(version.sessionId());
    }
    put(value);
  }

  private void session(Session session) throws IOException {
    byte[] name = session.name().getBytes(StandardCharsets.UTF_8);
    begin(SESSION, SESSION_LENGTH_MIN + name.length);
    buffer
        .putLong(session.id())
        .putLong(session.ttlMillis())
        .putLong(session.heardMillis())
        .putLong(session.firstOutstanding());
    put(name);
    SessionResults results = session.results();
    for (int i = 0; i < results.count(); i++) {
      byte[] result = results.result(i);
      begin(RESULT, RESULT_LENGTH_MIN + result.length);
      buffer.putLong(results.sequence(i));
      put(result);
    }
  }

  /** Afterwards there is room for all of the record that has a fixed length. */
  private void begin(byte type, int length) throws IOException {
    if (buffer.remaining() < FIXED_BYTES_MAX) {
      flush();
    }
    buffer.putInt(length).put(type);
    records++;
  }

  private void put(byte[] bytes) throws IOException {
    if (bytes.length > buffer.remaining()) {
      flush();
    }
    if (bytes.length <= buffer.remaining()) {
      buffer.put(bytes);
    } else {
      write(bytes, bytes.length);
    }
  }

  private void flush() throws IOException {
    write(buffer.array(), buffer.position());
    buffer.clear();
  }

  private void write(byte[] bytes, int length) throws IOException {
    crc.update(bytes, 0, length);
    to.write(bytes, 0, length);
  }
}
