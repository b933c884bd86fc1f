package io.raftkv.raft.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Proposals of this leader that are not committed yet, in the order of the log. Each is bound to
 * its index and the term of this leadership: when that ends, all of them end, so that none is ever
 * answered with another entry's result. Confined to the core lane.
 */
final class Pending {
  /** A proposal in the log. */
  record Proposal(long index, Completion completion) {}

  private final ArrayDeque<Proposal> proposals = new ArrayDeque<>();
  private long term;

  void add(long term, long index, Completion completion) {
    this.term = term;
    proposals.addLast(new Proposal(index, completion));
  }

  boolean isEmpty() {
    return proposals.isEmpty();
  }

  long term() {
    return term;
  }

  /** Takes out those before {@code toExclusive}, which are committed. */
  List<Proposal> takeCommitted(long toExclusive) {
    if (proposals.isEmpty() || proposals.getFirst().index >= toExclusive) {
      return List.of();
    }
    List<Proposal> taken = new ArrayList<>();
    while (!proposals.isEmpty() && proposals.getFirst().index < toExclusive) {
      taken.add(proposals.removeFirst());
    }
    return taken;
  }

  List<Completion> takeAll() {
    List<Completion> all = proposals.stream().map(Proposal::completion).toList();
    proposals.clear();
    return all;
  }
}
