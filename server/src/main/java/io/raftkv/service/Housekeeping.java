package io.raftkv.service;

import io.raftkv.kv.Commands;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.kv.KvView;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.node.NodeClock;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.raft.node.RaftNode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the leader proposes by itself: that keys and sessions expire whose time has passed, and that
 * history is forgotten which is older than the revisions to keep, or more bytes than may be kept,
 * or of no more use because nothing was written for a while. At most one proposal is under way. For
 * any one timer; never waits.
 */
public final class Housekeeping implements Runnable {
  /** Revisions that stay readable by default. */
  public static final long HISTORY_REVISIONS = 10_000;

  /** Beyond so many bytes of replaced and deleted versions, half of them go. */
  static final long HISTORY_BYTES_MAX = 64 << 20;

  /** Without a write for so long, history goes as a whole: what was deleted is then gone too. */
  static final Duration IDLE_AFTER = Duration.ofMinutes(10);

  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private final Consensus consensus;
  private final KvStateMachine store;
  private final NodeClock clock;
  private final long historyRevisions;
  private final long historySlack;
  private final long historyBytesMax;
  private final AtomicBoolean isProposing = new AtomicBoolean();

  // Guarded by isProposing: used by whoever has set it.
  private final ClusterTimeEstimate clusterTime;
  private boolean isShrinking;
  private long idleRevision = -1;
  private long idleSinceNanos;

  /**
   * @param historyRevisions revisions before the newest that stay readable, not negative, unless
   *     they take too many bytes or nothing is written for long
   * @param historySlack about so many more are kept: what is forgotten together costs less
   */
  public Housekeeping(
      RaftNode node,
      KvStateMachine store,
      NodeClock clock,
      long historyRevisions,
      long historySlack) {
    this(Consensus.of(node), store, clock, historyRevisions, historySlack, HISTORY_BYTES_MAX);
  }

  Housekeeping(
      Consensus consensus,
      KvStateMachine store,
      NodeClock clock,
      long historyRevisions,
      long historySlack,
      long historyBytesMax) {
    if (historyRevisions < 0) {
      throw new IllegalArgumentException("a history of " + historyRevisions + " revisions");
    }
    this.consensus = consensus;
    this.store = store;
    this.clock = clock;
    this.historyRevisions = historyRevisions;
    this.historySlack = Math.max(1, historySlack);
    this.historyBytesMax = historyBytesMax;
    this.clusterTime = new ClusterTimeEstimate(clock);
  }

  /** Looks once whether there is something to propose. */
  @Override
  public void run() {
    NodeStatus status = consensus.status();
    if (!status.isLeader() || !isProposing.compareAndSet(false, true)) {
      return;
    }
    KvView view = store.view();
    clusterTime.observe(status.term(), view.clusterTimeMillis());
    if (isExpiryDue(view)) {
      propose(Commands.expire(0))
          .whenComplete((result, failure) -> proposed(failure, () -> hasDeleted(result)));
      return;
    }
    if (isSessionExpiryDue(view)) {
      propose(Commands.expireSessions())
          .whenComplete((result, failure) -> proposed(failure, () -> hasDeleted(result)));
      return;
    }
    long revision = compactionDue(view);
    if (revision > view.compactedRevision()) {
      propose(Commands.compact(revision))
          .whenComplete((result, failure) -> proposed(failure, () -> true));
      return;
    }
    isProposing.set(false);
  }

  private CompletableFuture<byte[]> propose(byte[] command) {
    try {
      return consensus.propose(command);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * @param mayBeMore asked if it did not fail: one command does a bounded part
   */
  private void proposed(@Nullable Throwable failure, BooleanSupplier mayBeMore) {
    isProposing.set(false);
    if (failure == null) {
      if (mayBeMore.getAsBoolean()) {
        run();
      }
    } else if (failure instanceof RaftException) {
      // The next run tries again, here or on the next leader: all these commands may be repeated.
      LOG.debug("housekeeping was not done: {}", failure.getMessage());
    } else {
      LOG.error("housekeeping failed", failure);
    }
  }

  private static boolean hasDeleted(byte[] result) {
    return Commands.decodeResult(result).getDeleted() > 0;
  }

  private boolean isExpiryDue(KvView view) {
    return view.nextExpiryMillis().isPresent()
        && view.nextExpiryMillis().getAsLong() <= clusterTime.millis();
  }

  /** Some session may be due: which ones are shows when they are looked through, on applying. */
  private boolean isSessionExpiryDue(KvView view) {
    return view.nextSessionExpiryMillis().isPresent()
        && view.nextSessionExpiryMillis().getAsLong() <= clusterTime.millis();
  }

  /** What to compact to; no later than what is compacted already if nothing is due. */
  private long compactionDue(KvView view) {
    isShrinking = view.historyBytes() > (isShrinking ? historyBytesMax / 2 : historyBytesMax);
    if (isShrinking || isIdle(view)) {
      // A command stops after a bounded number of bytes: this is asked again after each.
      return view.revision();
    }
    long kept = view.revision() - historyRevisions;
    boolean isWorthwhile = kept - view.compactedRevision() >= historySlack;
    return isWorthwhile ? kept : 0;
  }

  private boolean isIdle(KvView view) {
    long now = clock.nanoTime();
    if (view.revision() != idleRevision) {
      idleRevision = view.revision();
      idleSinceNanos = now;
    }
    return view.historyBytes() > 0 && now - idleSinceNanos >= IDLE_AFTER.toNanos();
  }
}
