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

  /**
   * @param transferTo whom leadership was to go to, perhaps {@link MemberId#NONE}; null: this is no
   *     transfer
   */
  private record Sent(
      MemberId leader,
      long term,
      long atNanos,
      @Nullable MemberId transferTo,
      Completion completion) {
    boolean isTransfer() {
      return transferTo != null;
    }
  }

  /** A transfer that is over. */
  record Transfer(MemberId target, Completion completion) {}

  private final TreeMap<Long, Sent> sent = new TreeMap<>();
  private long nextId;

  /** For other threads. */
  private volatile int size;

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
    return add(new Sent(leader, term, nowNanos, null, completion));
  }

  long addTransfer(
      MemberId leader, long term, long nowNanos, MemberId target, Completion completion) {
    return add(new Sent(leader, term, nowNanos, target, completion));
  }

  private long add(Sent request) {
    long id = nextId++;
    sent.put(id, request);
    size = sent.size();
    return id;
  }

  @Nullable Completion answer(long id) {
    Sent found = sent.remove(id);
    size = sent.size();
    return found == null ? null : found.completion;
  }

  /** Takes out what was sent to another leader than this one: it may have been carried out. */
  List<Completion> takeLost(MemberId leader, long term) {
    return completions(take(s -> !s.isTransfer() && (!s.leader.equals(leader) || s.term != term)));
  }

  /** Takes out what was sent to this member, but for transfers, whose end will be seen. */
  List<Completion> takeSentTo(MemberId leader) {
    return completions(take(s -> !s.isTransfer() && s.leader.equals(leader)));
  }

  /** Takes out the transfers that were asked of another leader than this one: they are over. */
  List<Transfer> takeTransferred(MemberId leader) {
    List<Transfer> over = new ArrayList<>();
    for (Sent request : take(s -> s.isTransfer() && !s.leader.equals(leader))) {
      MemberId target = request.transferTo;
      if (target != null) {
        over.add(new Transfer(target, request.completion));
      }
    }
    return over;
  }

  /** Takes out what has waited since before {@code nanos}. */
  List<Completion> takeOlderThan(long nanos) {
    // Ids count up with time: the first one is the oldest.
    return sent.isEmpty() || sent.firstEntry().getValue().atNanos - nanos >= 0
        ? List.of()
        : completions(take(s -> s.atNanos - nanos < 0));
  }

  List<Completion> takeAll() {
    return completions(take(s -> true));
  }

  /** Requests under way. For any thread. */
  int size() {
    return size;
  }

  private static List<Completion> completions(List<Sent> requests) {
    return requests.stream().map(Sent::completion).toList();
  }

  private List<Sent> take(Predicate<Sent> isTaken) {
    if (sent.isEmpty()) {
      return List.of();
    }
    List<Sent> taken = new ArrayList<>();
    for (Iterator<Sent> all = sent.values().iterator(); all.hasNext(); ) {
      Sent next = all.next();
      if (isTaken.test(next)) {
        taken.add(next);
        all.remove();
      }
    }
    size = sent.size();
    return taken;
  }
}
