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

  /** Of the newest session, which does not have them yet. */
  private final List<Long> sequences = new ArrayList<>();

  private final List<byte[]> results = new ArrayList<>();

  SessionsReader(SnapshotHeader header) {
    this.header = header;
  }

  void session(long id, long ttlMillis, long heardMillis, long firstOutstanding, byte[] name)
      throws IOException {
    finishNewest();
    long before = sessions.isEmpty() ? 0 : newest().id();
    SnapshotReader.require(
        id > before && id <= header.lastSessionId(), "sessions out of order or bounds");
    SnapshotReader.require(
        ttlMillis >= 1
            && heardMillis >= 0
            && heardMillis <= header.clusterTimeMillis()
            && firstOutstanding >= 1,
        "a session out of bounds");
    sessions.add(
        new Session(
            id, text(name), ttlMillis, heardMillis, firstOutstanding, SessionResults.NONE, 0));
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
    long before =
        sequences.isEmpty() ? newest().firstOutstanding() - 1 : sequences.get(sequences.size() - 1);
    SnapshotReader.require(sequence > before, "results out of order");
    sequences.add(sequence);
    results.add(result);
  }

  private void finishNewest() {
    if (!sequences.isEmpty()) {
      SessionResults kept = SessionResults.of(sequences, results);
      sessions.set(sessions.size() - 1, newest().withResults(kept));
      sequences.clear();
      results.clear();
    }
  }

  private Session newest() {
    return sessions.get(sessions.size() - 1);
  }

  Sessions finish() throws IOException {
    finishNewest();
    SnapshotReader.require(sessions.size() == header.sessions(), "another number of sessions");
    return new Sessions(header.lastSessionId(), sessions);
  }
}
