package io.raftkv.kv;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

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

  private static final int BUFFER_BYTES = 1 << 16;

  private final CheckedOutputStream checked;
  private final DataOutputStream out;
  private long records;

  SnapshotWriter(OutputStream to) {
    this.checked = new CheckedOutputStream(to, new CRC32C());
    this.out = new DataOutputStream(new BufferedOutputStream(checked, BUFFER_BYTES));
  }

  /** Writes the state and flushes; the stream stays open. */
  void write(SnapshotHeader header, TreeCursor<Version> entries, Sessions.Frozen sessions)
      throws IOException {
    begin(HEADER, HEADER_LENGTH);
    header.writeTo(out);
    while (entries.next()) {
      byte[] key = entries.key();
      begin(KEY, 1 + key.length);
      out.write(key);
      for (Version at = entries.value(); at != null; at = at.older) {
        version(at);
      }
    }
    TreeCursor<Session> open = sessions.after(0);
    while (open.next()) {
      session(open.value());
    }
    begin(END, END_LENGTH);
    out.writeLong(records);
    out.flush();
    out.writeInt((int) checked.getChecksum().getValue());
    out.flush();
  }

  private void version(Version version) throws IOException {
    byte[] value = version.value;
    if (value == null) {
      begin(DELETED, DELETED_LENGTH);
      out.writeLong(version.modRevision);
      return;
    }
    boolean isAttached = version.sessionId() != 0;
    begin(
        isAttached ? ATTACHED : VALUE,
        (isAttached ? ATTACHED_LENGTH_MIN : VALUE_LENGTH_MIN) + value.length);
    out.writeLong(version.createRevision);
    out.writeLong(version.modRevision);
    out.writeLong(version.version);
    out.writeLong(version.expiryMillis());
    if (isAttached) {
      out.writeLong(version.sessionId());
    }
    out.write(value);
  }

  private void session(Session session) throws IOException {
    byte[] name = session.name().getBytes(StandardCharsets.UTF_8);
    begin(SESSION, SESSION_LENGTH_MIN + name.length);
    out.writeLong(session.id());
    out.writeLong(session.ttlMillis());
    out.writeLong(session.heardMillis());
    out.writeLong(session.firstOutstanding());
    out.write(name);
    SessionResults results = session.results();
    for (int i = 0; i < results.count(); i++) {
      byte[] result = results.result(i);
      begin(RESULT, RESULT_LENGTH_MIN + result.length);
      out.writeLong(results.sequence(i));
      out.write(result);
    }
  }

  private void begin(byte type, int length) throws IOException {
    out.writeInt(length);
    out.writeByte(type);
    records++;
  }
}
