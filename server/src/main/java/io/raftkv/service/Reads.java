package io.raftkv.service;

import io.raftkv.kv.KvStateMachine;
import io.raftkv.kv.KvView;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import io.raftkv.raft.node.NodeClock;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Finds the view that a read may see. For any thread. */
final class Reads {
  private final Consensus consensus;
  private final KvStateMachine store;
  private final NodeClock clock;

  Reads(Consensus consensus, KvStateMachine store, NodeClock clock) {
    this.consensus = consensus;
    this.store = store;
    this.clock = clock;
  }

  /** What this member has applied. */
  KvView local() {
    return store.view();
  }

  /** For linearizable reads that have all arrived before it is first asked for. */
  Barrier barrier() {
    return new Barrier();
  }

  /** What linearizable reads wait for, those that arrived together in common. For one thread. */
  final class Barrier {
    private @Nullable CompletableFuture<KvView> view;

    /**
     * The view is taken after the barrier, so it has everything that was committed before the first
     * of the reads arrived (Raft thesis 6.4).
     */
    private CompletableFuture<KvView> view() {
      CompletableFuture<KvView> known = view;
      if (known == null) {
        known = consensus.readBarrier().thenApply(passed -> store.view());
        view = known;
      }
      return known;
    }
  }

  /** A view that satisfies the checked options of a read. Completes at once or on a lane. */
  CompletableFuture<KvView> view(Call<?> call, ReadOptions read) {
    return view(call, read, barrier());
  }

  /** The same for one of several reads that arrived together. */
  CompletableFuture<KvView> view(Call<?> call, ReadOptions read, Barrier barrier) {
    CompletableFuture<KvView> view =
        switch (read.getConsistency()) {
          case LINEARIZABLE -> barrier.view();
          case BOUNDED -> {
            checkFreshness(RequestChecks.stalenessNanos(read));
            yield CompletableFuture.completedFuture(store.view());
          }
          case SESSION, LOCAL, UNRECOGNIZED -> CompletableFuture.completedFuture(store.view());
        };
    long min = read.getMinRevision();
    return min == 0
        ? view
        : view.thenCompose(
            found ->
                found.revision() >= min
                    ? CompletableFuture.completedFuture(found)
                    : atLeast(call, min));
  }

  /** A view of this revision or a later one; given up when the call ends. */
  CompletableFuture<KvView> atLeast(Call<?> call, long revision) {
    return call.waitFor(store.viewAtRevision(revision));
  }

  /** Before the view is taken: it is only newer than what is checked here. */
  private void checkFreshness(long stalenessNanosMax) {
    long freshAtNanos = consensus.status().freshAtNanos();
    if (freshAtNanos == Long.MIN_VALUE || clock.nanoTime() - freshAtNanos > stalenessNanosMax) {
      throw Refusal.of(Reason.STALE, "this member may lack writes older than max_staleness");
    }
  }

  /**
   * The revision to read a view at.
   *
   * @param at 0 for the newest of the view
   */
  static long revision(KvView view, long at) {
    if (at == 0) {
      return view.revision();
    }
    if (at > view.revision()) {
      throw Refusal.with(
          Reason.FUTURE_REVISION,
          "revision",
          view.revision(),
          "revision " + at + " is not made yet; the newest is " + view.revision());
    }
    if (at < view.compactedRevision()) {
      throw Refusal.with(
          Reason.COMPACTED,
          "revision",
          view.compactedRevision(),
          "revision " + at + " is compacted; the oldest is " + view.compactedRevision());
    }
    return at;
  }
}
