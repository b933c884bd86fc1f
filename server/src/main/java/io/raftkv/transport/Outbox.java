package io.raftkv.transport;

import io.grpc.Status;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport.Offer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The way out into one gRPC stream. Any thread offers; one loop encodes and writes, as long as the
 * stream is ready, which it is while little of it waits for the socket. So what a slow peer can
 * hold is this queue's budget and one message.
 */
final class Outbox {
  /** The stream. Called on the loop only, because gRPC's streams are not thread-safe. */
  interface Sink {
    boolean isReady();

    void send(Frame frame);

    void close(Status status);
  }

  private record Queued(Message message, long bytes) {}

  private final EventLoop loop;
  private final Sink sink;
  private final TransportOptions.Budget budget;
  private final TransportStats stats;
  private final ConcurrentLinkedQueue<Queued> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger queuedMessages = new AtomicInteger();
  private final AtomicLong queuedBytes = new AtomicLong();

  /** True from before a drain is handed to the loop until it begins. */
  private final AtomicBoolean isScheduled = new AtomicBoolean();

  private volatile boolean isClosed;

  /** What to close the sink with; null: nothing, or it is closed already. Loop only. */
  private @Nullable Status closing;

  Outbox(EventLoop loop, Sink sink, TransportOptions.Budget budget, TransportStats stats) {
    this.loop = loop;
    this.sink = sink;
    this.budget = budget;
    this.stats = stats;
  }

  /** Queues the message or drops it. For any thread. */
  Offer offer(Message message) {
    if (isClosed) {
      stats.countDroppedUnconnected(message.stream());
      return Offer.NOT_CONNECTED;
    }
    long bytes = Encoder.sizeBytes(message);
    if (!reserve(bytes)) {
      stats.countDroppedFull(message.stream());
      return Offer.FULL;
    }
    queue.add(new Queued(message, bytes));
    schedule();
    return Offer.QUEUED;
  }

  /** What waits. For any thread. */
  int size() {
    return queuedMessages.get();
  }

  private boolean reserve(long bytes) {
    int messages = queuedMessages.incrementAndGet();
    long total = queuedBytes.addAndGet(bytes);
    if (messages > budget.messages() || (total > budget.bytes() && total > bytes)) {
      queuedMessages.decrementAndGet();
      queuedBytes.addAndGet(-bytes);
      return false;
    }
    stats.addBuffered(bytes);
    return true;
  }

  private void release(Queued queued) {
    queuedMessages.decrementAndGet();
    queuedBytes.addAndGet(-queued.bytes());
    stats.addBuffered(-queued.bytes());
  }

  /** Writes what can be written, soon. For any thread. */
  void schedule() {
    if (isScheduled.compareAndSet(false, true)) {
      runOnLoop(this::drain);
    }
  }

  private void runOnLoop(Runnable task) {
    if (!loop.isShuttingDown()) {
      try {
        loop.execute(task);
      } catch (RejectedExecutionException e) {
        // The transport closes, and with it every stream: there is nothing left to do.
        isClosed = true;
      }
    }
  }

  private void drain() {
    // First, so that a message offered from here on schedules again.
    isScheduled.set(false);
    if (isClosed) {
      discard();
      return;
    }
    while (sink.isReady()) {
      Queued next = queue.poll();
      if (next == null) {
        return;
      }
      release(next);
      sink.send(new Frame(Encoder.encode(next.message())));
      stats.countSent(next.message().stream(), next.bytes());
    }
  }

  private void discard() {
    for (Queued next = queue.poll(); next != null; next = queue.poll()) {
      release(next);
      stats.countDroppedUnconnected(next.message().stream());
    }
    if (closing != null) {
      Status status = closing;
      closing = null;
      sink.close(status);
    }
  }

  /** Drops what is queued and closes the stream. For any thread. */
  void close(Status status) {
    if (!loop.inEventLoop()) {
      runOnLoop(() -> close(status));
      return;
    }
    if (!isClosed) {
      closing = status;
      isClosed = true;
    }
    discard();
  }

  /** Drops what is queued: the stream has ended. For any thread. */
  void ended() {
    isClosed = true;
    schedule();
  }
}
