package io.raftkv.kv;

import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * The key-value store as the log drives it.
 *
 * <p>{@link #apply}, {@link #freeze} and {@link #restore} belong to the apply lane. Readers, on any
 * thread, take a {@link #view}. A command that this version does not know is an {@link
 * IllegalStateException} from {@code apply}: the member must stop; nothing of that batch is
 * published.
 */
public final class KvStateMachine implements StateMachine {
  private final CommandApplier applier;
  private final RevisionWaiters waiters;
  private final RecentHashes hashes = new RecentHashes();
  private KvState state = new KvState();

  /** Written by the apply lane alone. */
  private volatile KvView view = state.freeze();

  public KvStateMachine(KvLimits limits) {
    this.applier = new CommandApplier(limits);
    this.waiters = new RevisionWaiters(limits.waitersMax());
  }

  /** What was published last. For any thread. */
  public KvView view() {
    return view;
  }

  /**
   * A view of this revision or a later one: now, or on the apply lane as soon as there is one,
   * where callbacks must be short. Cancel it when nobody waits any more. For any thread.
   *
   * @return fails with a {@link io.raftkv.raft.RaftException} of reason QUEUE_FULL if too many wait
   *     already
   */
  public CompletableFuture<KvView> viewAtRevision(long revision) {
    KvView now = view;
    return now.revision() >= revision
        ? CompletableFuture.completedFuture(now)
        : waiters.add(revision, this::view);
  }

  /** Readers that wait for a revision. For any thread. */
  public int waiters() {
    return waiters.count();
  }

  @Override
  public List<byte[]> apply(List<LogEntry> entries) {
    List<byte[]> results = new ArrayList<>(entries.size());
    for (LogEntry entry : entries) {
      Invariant.check(
          entry.index() == state.appliedIndex() + 1,
          "apply of entry %d after entry %d",
          entry.index(),
          state.appliedIndex());
      results.add(applier.apply(state, entry));
      hashes.add(entry.index(), state.stateHash());
    }
    if (!entries.isEmpty()) {
      publish();
    }
    return results;
  }

  @Override
  public long appliedIndex() {
    return view.appliedIndex();
  }

  @Override
  public long clusterTimeMillis() {
    return view.clusterTimeMillis();
  }

  @Override
  public long stateHash() {
    return view.stateHash();
  }

  @Override
  public OptionalLong stateHashAt(long index) {
    return hashes.at(index);
  }

  @Override
  public Frozen freeze() {
    return view;
  }

  @Override
  public void restore(InputStream in) throws IOException {
    state = new SnapshotReader(in).read();
    hashes.restartAt(state.appliedIndex(), state.stateHash());
    publish();
  }

  private void publish() {
    KvView published = state.freeze();
    view = published;
    waiters.release(published);
  }
}
