package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;

/** What the log says after its latest record; mutable, used by recovery and then by the writer. */
final class LogTail {
  /** The term of the last entry is not known without reading it. */
  static final long UNKNOWN_TERM = -1;

  HardState hardState = HardState.INITIAL;
  EntryId base = EntryId.ZERO;
  long lastIndex;
  long lastTerm;

  /** Of the next record. */
  long sequence = 1;

  /** Checksum of the last record. */
  int crc;

  long salt;

  void truncateFrom(long index) {
    lastIndex = index - 1;
    lastTerm = lastIndex == base.index() ? base.term() : UNKNOWN_TERM;
  }

  void resetTo(EntryId last) {
    base = last;
    lastIndex = last.index();
    lastTerm = last.term();
  }
}
