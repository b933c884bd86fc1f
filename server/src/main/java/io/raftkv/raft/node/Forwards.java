package io.raftkv.raft.node;

import io.raftkv.raft.MemberId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Requests that this follower sent on to the leader. Confined to the core lane. */
final class Forwards {
  /** Requests that may be under way at a time. */
  static final int MAX = 1 << 16;

  private record Sent(
      MemberId leader, long term, long atNanos, boolean isTransfer, Completion completion) {}

  private final TreeMap<Long, Sent> sent = new TreeMap<>();
  private long nextId;

  /**
   * @param firstId drawn anew for each life of the member, so that an answer to an earlier one is
   *     not taken for an answer to this one
   */
  Forwards(long firstId) {
    nextId = firstId;
  }

  boolean isFull() {
    return sent.size() >= MAX;
  }

  long add(MemberId leader, long term, long nowNanos, Completion completion) {
    return add(new Sent(leader, term, nowNanos, false, completion));
  }

  long addTransfer(MemberId leader, long term, long nowNanos, Completion completion) {
    return add(new Sent(leader, term, nowNanos, true, completion));
  }

  private long add(Sent request) {
    long id = nextId++;
    sent.put(id, request);
    return id;
  }

  @Nullable Completion answer(long id) {
    Sent found = sent.remove(id);
    return found == null ? null : found.completion;
  }

  /** Takes out what was sent to another leader than this one: it may have been carried out. */
  List<Completion> takeLost(MemberId leader, long term) {
    return take(s -> !s.isTransfer && (!s.leader.equals(leader) || s.term != term));
  }

  /** Takes out the transfers that were asked of another leader than this one: they are over. */
  List<Completion> takeTransferred(MemberId leader) {
    return take(s -> s.isTransfer && !s.leader.equals(leader));
  }

  /** Takes out what has waited since before {@code nanos}. */
  List<Completion> takeOlderThan(long nanos) {
    // Ids count up with time: the first one is the oldest.
    return sent.isEmpty() || sent.firstEntry().getValue().atNanos - nanos >= 0
        ? List.of()
        : take(s -> s.atNanos - nanos < 0);
  }

  List<Completion> takeAll() {
    return take(s -> true);
  }

  private List<Completion> take(Predicate<Sent> isTaken) {
    if (sent.isEmpty()) {
      return List.of();
    }
    List<Completion> taken = new ArrayList<>();
    for (Iterator<Sent> all = sent.values().iterator(); all.hasNext(); ) {
      Sent next = all.next();
      if (isTaken.test(next)) {
        taken.add(next.completion);
        all.remove();
      }
    }
    return taken;
  }
}
