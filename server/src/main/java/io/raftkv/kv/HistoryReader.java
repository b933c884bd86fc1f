package io.raftkv.kv;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Collects the versions of one key from a snapshot, newest first, and verifies their order. */
final class HistoryReader {
  private final SnapshotHeader header;
  private final List<Version> versions = new ArrayList<>();

  HistoryReader(SnapshotHeader header) {
    this.header = header;
  }

  /**
   * @param sessionId 0: attached to none
   */
  void value(byte[] value, long create, long mod, long version, long expiryMillis, long sessionId)
      throws IOException {
    SnapshotReader.require(
        create >= 1
            && create <= mod
            && version >= 1
            && expiryMillis >= 0
            && sessionId >= 0
            && sessionId <= header.lastSessionId(),
        "a version out of bounds");
    add(Version.value(value, create, mod, version, expiryMillis, sessionId, null));
  }

  void tombstone(long mod) throws IOException {
    add(Version.tombstone(mod, null));
  }

  private void add(Version version) throws IOException {
    long below =
        versions.isEmpty() ? header.revision() + 1 : versions.get(versions.size() - 1).modRevision;
    SnapshotReader.require(
        version.modRevision >= 1 && version.modRevision < below, "versions out of order");
    SnapshotReader.require(
        versions.isEmpty() || below > header.compactedRevision(), "a version that was forgotten");
    if (!versions.isEmpty()) {
      requireSuccession(version, versions.get(versions.size() - 1));
    }
    versions.add(version);
  }

  /** A value continues the value before it, a tombstone ends one, anything else begins anew. */
  private static void requireSuccession(Version older, Version newer) throws IOException {
    boolean follows;
    if (newer.isTombstone()) {
      follows = !older.isTombstone();
    } else if (older.isTombstone()) {
      follows = newer.version == 1 && newer.createRevision == newer.modRevision;
    } else {
      follows = newer.createRevision == older.createRevision && newer.version == older.version + 1;
    }
    SnapshotReader.require(follows, "versions that do not follow each other");
  }

  /** The history of the key; the next version belongs to the next key. */
  Version finish() throws IOException {
    SnapshotReader.require(!versions.isEmpty(), "a key without versions");
    Version oldest = versions.get(versions.size() - 1);
    // What a compaction left: of each key, the version in force at its revision, or the first of
    // all.
    SnapshotReader.require(
        !oldest.isTombstone()
            && (oldest.modRevision <= header.compactedRevision()
                || (oldest.version == 1 && oldest.createRevision == oldest.modRevision)),
        "a history without its beginning");
    Version history = oldest;
    for (int i = versions.size() - 2; i >= 0; i--) {
      history = versions.get(i).withOlder(history);
    }
    versions.clear();
    return history;
  }
}
