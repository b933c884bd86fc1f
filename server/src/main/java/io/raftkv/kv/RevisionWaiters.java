package io.raftkv.kv;

import io.raftkv.raft.RaftException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Readers that wait until the store reaches a revision. Any thread adds; the apply lane releases,
 * after it has published a view.
 */
final class RevisionWaiters {
  /** The ticket tells waiters for one revision apart. */
  private record Place(long revision, long ticket) implements Comparable<Place> {
    @Override
    public int compareTo(Place that) {
      int order = Long.compare(revision, that.revision);
      return order != 0 ? order : Long.compare(ticket, that.ticket);
    }
  }

  private final ConcurrentSkipListMap<Place, CompletableFuture<KvView>> waiting =
      new ConcurrentSkipListMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicLong tickets = new AtomicLong();
  private final int countMax;

  RevisionWaiters(int countMax) {
    this.countMax = countMax;
  }

  /**
   * A future that {@link #release} completes. Its cancellation, or completion by a time limit,
   * frees its place.
   */
  CompletableFuture<KvView> add(long revision, Supplier<KvView> published) {
    if (count.incrementAndGet() > countMax) {
      count.decrementAndGet();
      return CompletableFuture.failedFuture(
          new RaftException(
              RaftException.Reason.QUEUE_FULL, "too many readers wait for a revision"));
    }
    Place place = new Place(revision, tickets.getAndIncrement());
    CompletableFuture<KvView> future = new CompletableFuture<>();
    waiting.put(place, future);
    future.whenComplete((view, failure) -> forget(place));
    // A view published before the put above was not seen by release(), one published after it is:
    // so look once more.
    KvView view = published.get();
    if (view.revision() >= revision) {
      future.complete(view);
    }
    return future;
  }

  /** Completes, on this thread, what waits for the revision of this view or an earlier one. */
  void release(KvView view) {
    Map.@Nullable Entry<Place, CompletableFuture<KvView>> first = waiting.firstEntry();
    while (first != null && first.getKey().revision() <= view.revision()) {
      forget(first.getKey());
      first.getValue().complete(view);
      first = waiting.firstEntry();
    }
  }

  int count() {
    return count.get();
  }

  private void forget(Place place) {
    if (waiting.remove(place) != null) {
      count.decrementAndGet();
    }
  }
}
