package io.raftkv.kv;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Collects the sessions of a snapshot, with their results, and verifies their order and bounds. */
final class SessionsReader {
  private final SnapshotHeader header;
  private final List<Session> sessions = new ArrayList<>();
  private final List<byte[]> places = new ArrayList<>();
  private final List<byte[]> results = new ArrayList<>();
  private long lastSequence;

  SessionsReader(SnapshotHeader header) {
    this.header = header;
  }

  void session(long id, long ttlMillis, long heardMillis, long firstOutstanding, byte[] name)
      throws IOException {
    long before = sessions.isEmpty() ? 0 : newest().id();
    SnapshotReader.require(
        id > before && id <= header.lastSessionId(), "sessions out of order or bounds");
    SnapshotReader.require(
        ttlMillis >= 1
            && heardMillis >= 0
            && heardMillis <= header.clusterTimeMillis()
            && firstOutstanding >= 1,
        "a session out of bounds");
    sessions.add(new Session(id, text(name), ttlMillis, heardMillis, firstOutstanding, 0, 0, 0));
    lastSequence = firstOutstanding - 1;
  }

  private static String text(byte[] name) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
    } catch (CharacterCodingException e) {
      throw new IOException("snapshot of a state: a name that is no text", e);
    }
  }

  void result(long sequence, byte[] result) throws IOException {
    SnapshotReader.require(!sessions.isEmpty(), "a result without a session");
    SnapshotReader.require(sequence > lastSequence, "results out of order");
    lastSequence = sequence;
    Session session = newest();
    places.add(Sessions.place(session.id(), sequence));
    results.add(result);
    sessions.set(sessions.size() - 1, session.withResult(Sessions.bytes(result)));
  }

  private Session newest() {
    return sessions.get(sessions.size() - 1);
  }

  Sessions finish() throws IOException {
    SnapshotReader.require(sessions.size() == header.sessions(), "another number of sessions");
    return new Sessions(header.lastSessionId(), sessions, places, results);
  }
}
