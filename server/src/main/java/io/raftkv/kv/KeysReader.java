package io.raftkv.kv;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Collects the keys of a snapshot, with their histories, and verifies their order. */
final class KeysReader {
  private final SnapshotHeader header;
  private final HistoryReader history;
  private final List<byte[]> keys = new ArrayList<>();

  /** By key; the newest key does not have its own yet. */
  private final List<Version> histories = new ArrayList<>();

  /** Sessions that keys are attached to, each as often as there are such keys. */
  private final List<Long> attachedTo = new ArrayList<>();

  KeysReader(SnapshotHeader header) {
    this.header = header;
    this.history = new HistoryReader(header);
  }

  void key(byte[] key) throws IOException {
    if (!keys.isEmpty()) {
      finishNewest();
      SnapshotReader.require(
          Arrays.compareUnsigned(keys.get(keys.size() - 1), key) < 0, "keys out of order");
    }
    keys.add(key);
  }

  private void finishNewest() throws IOException {
    Version newest = history.finish();
    if (newest.sessionId() != 0) {
      attachedTo.add(newest.sessionId());
    }
    histories.add(newest);
  }

  /** Of the newest key. */
  HistoryReader history() throws IOException {
    SnapshotReader.require(!keys.isEmpty(), "a version without a key");
    return history;
  }

  /** The state of these keys and of the sessions that are open. */
  KvState finish(Sessions open) throws IOException {
    if (!keys.isEmpty()) {
      finishNewest();
    }
    SnapshotReader.require(keys.size() == header.entries(), "another number of keys");
    for (long id : attachedTo) {
      SnapshotReader.require(open.find(id) != null, "a key attached to a session that is not open");
    }
    return new KvState(header, keys, histories, open);
  }
}
