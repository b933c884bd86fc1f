package io.raftkv.raft.node;

import io.raftkv.raft.Failpoint;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.CommittedRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/**
 * Owns the state machine: applies what is committed, answers, and serves reads that may be served.
 */
final class ApplyLane {
  /** Pieces of work that may wait. */
  private static final int QUEUE_MAX = 1 << 14;

  /** Entries and callers in the queue that are no more than a moment's work. */
  private static final int LIGHT_MAX = 64;

  /** What takes long, or waits for a disk. */
  private static final int HEAVY = LIGHT_MAX + 1;

  /** How much is read from the log at a time when entries are no longer in memory. */
  private static final long READ_BYTES_MAX = 4 << 20;

  /** Readers that may be served once {@code index} is applied. */
  record ConfirmedRead(long index, List<CompletableFuture<Void>> readers) {}

  /** A piece of work. */
  private sealed interface Work {
    /** Entries and callers, or {@link #HEAVY}. */
    int weight();

    record Apply(CommittedRange range, List<Pending.Proposal> proposals) implements Work {
      @Override
      public int weight() {
        return range.entries().isEmpty() ? HEAVY : range.entries().size();
      }
    }

    record Install(SnapshotMeta meta) implements Work {
      @Override
      public int weight() {
        return HEAVY;
      }
    }

    record Freeze(SnapshotMeta meta) implements Work {
      @Override
      public int weight() {
        return 1;
      }
    }

    record Answer(List<Runnable> callbacks, List<ConfirmedRead> reads) implements Work {
      @Override
      public int weight() {
        int weight = callbacks.size();
        for (ConfirmedRead read : reads) {
          weight += read.readers().size();
        }
        return weight;
      }
    }
  }

  private final StateMachine stateMachine;
  private final LogStore log;
  private final SnapshotStore snapshots;
  private final SnapshotLane snapshotLane;
  private final LongConsumer applied;
  private final Lane lane;
  private final Mailbox<Work> queue = new Mailbox<>(QUEUE_MAX);

  /** Of all that is in the queue. */
  private final AtomicInteger weight = new AtomicInteger();

  /** Reads whose index is not applied yet; ascending by index. */
  private final ArrayDeque<ConfirmedRead> waitingReads = new ArrayDeque<>();

  /** Of the work under way: not answered yet, should the state machine break. */
  private List<Pending.Proposal> underWay = List.of();

  /**
   * Index of the newest snapshot to install. Written by the core lane before the log lane hears of
   * it, so that whoever finds the log replaced knows why.
   */
  private volatile long installIndex;

  /** Entries could not be read because a snapshot replaced them: it is in the queue, or soon. */
  private boolean isSuperseded;

  ApplyLane(
      LaneFactory lanes,
      StateMachine stateMachine,
      LogStore log,
      SnapshotStore snapshots,
      SnapshotLane snapshotLane,
      LongConsumer applied) {
    this.stateMachine = stateMachine;
    this.log = log;
    this.snapshots = snapshots;
    this.snapshotLane = snapshotLane;
    this.applied = applied;
    lane = lanes.create("apply", this::turn, Duration.ZERO, this::isLight);
  }

  Lane lane() {
    return lane;
  }

  RaftNode.Queue figures() {
    return queue.figures("apply");
  }

  void apply(CommittedRange range, List<Pending.Proposal> proposals) {
    submit(new Work.Apply(range, proposals));
  }

  void install(SnapshotMeta meta) {
    installIndex = meta.index();
    submit(new Work.Install(meta));
  }

  void freeze(SnapshotMeta meta) {
    submit(new Work.Freeze(meta));
  }

  /** Whether answers may be given now; what the core has committed always has room. */
  boolean hasRoom() {
    return queue.size() < QUEUE_MAX / 2;
  }

  /**
   * Runs callers' code, and completes readers once their index is applied.
   *
   * <p>Only the core lane calls this, after {@link #hasRoom}.
   */
  void answer(List<Runnable> callbacks, List<ConfirmedRead> reads) {
    submit(new Work.Answer(callbacks, reads));
  }

  private boolean isLight() {
    return weight.get() <= LIGHT_MAX;
  }

  private void submit(Work work) {
    weight.addAndGet(work.weight());
    Invariant.check(queue.offer(work), "more than %d pieces of work wait to be applied", QUEUE_MAX);
    lane.wake();
  }

  private void turn() {
    queue.drain(this::perform);
    serveReads();
  }

  private void perform(Work work) {
    if (work instanceof Work.Apply apply) {
      underWay = apply.proposals();
      apply(apply);
      underWay = List.of();
    } else if (work instanceof Work.Install install) {
      restore(install.meta());
    } else if (work instanceof Work.Freeze freeze) {
      freeze(freeze);
    } else if (work instanceof Work.Answer answer) {
      answer.callbacks().forEach(Runnable::run);
      waitingReads.addAll(answer.reads());
    }
    weight.addAndGet(-work.weight());
  }

  private void freeze(Work.Freeze work) {
    if (isSuperseded) {
      snapshotLane.giveUp(work.meta());
    } else {
      snapshotLane.make(work.meta(), stateMachine.freeze());
    }
  }

  private void apply(Work.Apply work) {
    CommittedRange range = work.range();
    if (isSuperseded) {
      // The snapshot has these entries, but not what they answered.
      fail(work.proposals(), RaftNode.refusal(RaftException.Reason.LEADERSHIP_LOST));
      return;
    }
    if (!range.entries().isEmpty()) {
      Failpoint.BEFORE_APPLY.pass();
      List<byte[]> results = stateMachine.apply(range.entries());
      Failpoint.AFTER_APPLY.pass();
      for (Pending.Proposal proposal : work.proposals()) {
        proposal.completion().succeed(results.get((int) (proposal.index() - range.from())));
      }
    } else {
      isSuperseded = !applyFromLog(range);
      if (isSuperseded) {
        return;
      }
      // Only proposals of an earlier life can have left memory.
      Invariant.check(work.proposals().isEmpty(), "proposals without entries at %d", range.from());
    }
    applied.accept(range.toExclusive() - 1);
  }

  /** Returns false if a snapshot that is to be installed has replaced the log meanwhile. */
  private boolean applyFromLog(CommittedRange range) {
    long next = range.from();
    while (next < range.toExclusive()) {
      List<LogEntry> entries = log.read(next, range.toExclusive(), READ_BYTES_MAX);
      if (entries.isEmpty() && installIndex >= next) {
        return false;
      }
      Invariant.check(!entries.isEmpty(), "committed entry %d is not in the log", next);
      stateMachine.apply(entries);
      next += entries.size();
    }
    return true;
  }

  private static void fail(List<Pending.Proposal> proposals, RaftException refusal) {
    proposals.forEach(proposal -> proposal.completion().fail(refusal));
  }

  private void restore(SnapshotMeta meta) {
    if (meta.index() < installIndex) {
      // A newer one follows, and this one's file may be gone already.
      isSuperseded = true;
      return;
    }
    try (SnapshotStore.Source source = snapshots.open(meta.index())) {
      stateMachine.restore(source.stream());
    } catch (IOException e) {
      throw new UncheckedIOException("snapshot " + meta.last() + " cannot be restored", e);
    }
    Invariant.check(
        stateMachine.appliedIndex() == meta.index(),
        "snapshot %d restored to %d",
        meta.index(),
        stateMachine.appliedIndex());
    isSuperseded = false;
    applied.accept(meta.index());
  }

  private void serveReads() {
    long index = stateMachine.appliedIndex();
    while (!waitingReads.isEmpty() && waitingReads.getFirst().index() <= index) {
      waitingReads.removeFirst().readers().forEach(reader -> reader.complete(null));
    }
  }

  /** After the lane has ended. */
  void failWaiting(RaftException reads, RaftException proposals) {
    fail(underWay, proposals);
    queue.drain(
        work -> {
          if (work instanceof Work.Apply apply) {
            fail(apply.proposals(), proposals);
          } else if (work instanceof Work.Answer answer) {
            answer.callbacks().forEach(Runnable::run);
            waitingReads.addAll(answer.reads());
          }
        });
    waitingReads.forEach(
        read -> read.readers().forEach(reader -> reader.completeExceptionally(reads)));
    waitingReads.clear();
  }
}
