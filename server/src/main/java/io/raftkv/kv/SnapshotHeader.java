package io.raftkv.kv;

import static io.raftkv.kv.SnapshotReader.require;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a state is, beside its keys and sessions.
 *
 * @param entries keys in the tree, deleted ones whose history is kept included
 * @param lastSessionId of the session that was opened last; 0: none ever was
 * @param sessions sessions that are open
 */
record SnapshotHeader(
    long appliedIndex,
    long clusterTimeMillis,
    long revision,
    long compactedRevision,
    long stateHash,
    long entries,
    long lastSessionId,
    long sessions) {
  /** The same, with revisions and ids of sessions that go on further up by {@code count}. */
  SnapshotHeader skipping(long count) {
    return new SnapshotHeader(
        appliedIndex,
        clusterTimeMillis,
        revision + count,
        compactedRevision,
        stateHash,
        entries,
        lastSessionId + count,
        sessions);
  }

  /** The body of the record {@link SnapshotWriter#HEADER}. */
  void writeTo(ByteBuffer out) {
    out.putInt(SnapshotWriter.MAGIC).putInt(SnapshotWriter.FORMAT_VERSION);
    out.putLong(appliedIndex).putLong(clusterTimeMillis).putLong(revision);
    out.putLong(compactedRevision).putLong(stateHash).putLong(entries);
    out.putLong(lastSessionId).putLong(sessions);
  }

  /** Reads the body of a header, of this format or the one before, and nothing behind it. */
  static SnapshotHeader read(ByteBuffer in) throws IOException {
    int length = 1 + in.remaining();
    require(length > 2 * Integer.BYTES, "not a header");
    require(in.getInt() == SnapshotWriter.MAGIC, "not a state");
    int format = in.getInt();
    boolean hasSessions = format == SnapshotWriter.FORMAT_VERSION;
    require(
        hasSessions || format == SnapshotWriter.FORMAT_VERSION_WITHOUT_SESSIONS,
        "format " + format + " is not known");
    require(
        length
            == (hasSessions
                ? SnapshotWriter.HEADER_LENGTH
                : SnapshotWriter.HEADER_LENGTH_WITHOUT_SESSIONS),
        "a header of another length");
    SnapshotHeader header =
        new SnapshotHeader(
            in.getLong(),
            in.getLong(),
            in.getLong(),
            in.getLong(),
            in.getLong(),
            in.getLong(),
            hasSessions ? in.getLong() : 0,
            hasSessions ? in.getLong() : 0);
    require(
        header.appliedIndex() >= 0
            && header.clusterTimeMillis() >= 0
            && header.entries() >= 0
            && header.lastSessionId() >= 0
            && header.sessions() >= 0,
        "a header below zero");
    require(
        header.compactedRevision() >= 0
            && header.compactedRevision() <= header.revision()
            && header.revision() <= Long.MAX_VALUE / 2,
        "revisions out of bounds");
    return header;
  }
}
