package io.raftkv.sim.rule;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import java.util.Arrays;

/**
 * What the log of one leader is, as far as it has sent it: it never changes (leader append-only).
 */
final class SentLog {
  static final long UNKNOWN = 0;

  private long[] terms = new long[64];

  /** Index of the first element of {@code terms}. */
  private long first = -1;

  void sent(Message.AppendRequest request) {
    note(request.previous());
    for (LogEntry entry : request.entries()) {
      note(new EntryId(entry.index(), entry.term()));
    }
  }

  long termAt(long index) {
    long at = index - first;
    return first >= 0 && at >= 0 && at < terms.length ? terms[(int) at] : UNKNOWN;
  }

  private void note(EntryId id) {
    if (first < 0) {
      first = id.index();
    } else if (id.index() < first) {
      long[] larger = new long[terms.length + (int) (first - id.index())];
      System.arraycopy(terms, 0, larger, (int) (first - id.index()), terms.length);
      terms = larger;
      first = id.index();
    }
    int at = (int) (id.index() - first);
    if (at >= terms.length) {
      terms = Arrays.copyOf(terms, 2 * at);
    }
    terms[at] = id.term();
  }
}
