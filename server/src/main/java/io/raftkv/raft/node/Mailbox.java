package io.raftkv.raft.node;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jctools.queues.MpscArrayQueue;

/** A bounded queue into a lane: any thread offers, the lane takes. What does not fit is refused. */
final class Mailbox<T> {
  private final int capacity;
  private final MpscArrayQueue<T> queue;
  private final LongAdder refused = new LongAdder();

  Mailbox(int capacity) {
    this.capacity = capacity;
    queue = new MpscArrayQueue<>(capacity);
  }

  /** False if the mailbox is full: then the item is not in it. */
  boolean offer(T item) {
    boolean isIn = queue.offer(item);
    if (!isIn) {
      refused.increment();
    }
    return isIn;
  }

  /** Gives everything that was in the mailbox when the call began to {@code taker}. */
  int drain(Consumer<T> taker) {
    return queue.drain(taker::accept, queue.size());
  }

  int size() {
    return queue.size();
  }

  /** How full it is. For any thread. */
  RaftNode.Queue figures(String name) {
    return new RaftNode.Queue(name, queue.size(), capacity);
  }

  long refused() {
    return refused.sum();
  }
}
