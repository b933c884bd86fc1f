package io.raftkv.service;

import io.raftkv.kv.Commands;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.kv.KvView;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.node.NodeClock;
import io.raftkv.raft.node.RaftNode;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the leader proposes by itself: that keys expire whose time has passed, and that history is
 * forgotten which is older than the revisions to keep. At most one proposal is under way. For any
 * one timer; never waits.
 */
public final class Housekeeping implements Runnable {
  /** Revisions that stay readable by default. */
  public static final long HISTORY_REVISIONS = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private final Consensus consensus;
  private final KvStateMachine store;
  private final NodeClock clock;
  private final long historyRevisions;
  private final AtomicBoolean isProposing = new AtomicBoolean();

  /**
   * @param historyRevisions revisions before the newest that stay readable, not negative; about a
   *     tenth more are kept so that not every write compacts
   */
  public Housekeeping(RaftNode node, KvStateMachine store, NodeClock clock, long historyRevisions) {
    this(Consensus.of(node), store, clock, historyRevisions);
  }

  Housekeeping(Consensus consensus, KvStateMachine store, NodeClock clock, long historyRevisions) {
    if (historyRevisions < 0) {
      throw new IllegalArgumentException("a history of " + historyRevisions + " revisions");
    }
    this.consensus = consensus;
    this.store = store;
    this.clock = clock;
    this.historyRevisions = historyRevisions;
  }

  /** Looks once whether there is something to propose. */
  @Override
  public void run() {
    if (!consensus.status().isLeader() || !isProposing.compareAndSet(false, true)) {
      return;
    }
    Optional<byte[]> command = due(store.view());
    if (command.isEmpty()) {
      isProposing.set(false);
      return;
    }
    propose(command.get()).whenComplete((result, failure) -> proposed(failure));
  }

  private Optional<byte[]> due(KvView view) {
    if (isExpiryDue(view)) {
      return Optional.of(Commands.expire(0));
    }
    if (isCompactionDue(view)) {
      return Optional.of(Commands.compact(view.revision() - historyRevisions));
    }
    return Optional.empty();
  }

  private CompletableFuture<byte[]> propose(byte[] command) {
    try {
      return consensus.propose(command);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void proposed(@Nullable Throwable failure) {
    isProposing.set(false);
    if (failure == null) {
      // One command expires a bounded number of keys; more may be due.
      run();
    } else if (failure instanceof RaftException) {
      // The next run tries again, here or on the next leader: both commands may be repeated.
      LOG.debug("housekeeping was not done: {}", failure.getMessage());
    } else {
      LOG.error("housekeeping failed", failure);
    }
  }

  /** The clock of entries never goes back, so it may be ahead of that of a new leader. */
  private boolean isExpiryDue(KvView view) {
    return view.nextExpiryMillis().isPresent()
        && view.nextExpiryMillis().getAsLong()
            <= Math.max(clock.wallMillis(), view.clusterTimeMillis());
  }

  private boolean isCompactionDue(KvView view) {
    long excess = view.revision() - historyRevisions - view.compactedRevision();
    return excess >= Math.max(1, historyRevisions / 10);
  }
}
