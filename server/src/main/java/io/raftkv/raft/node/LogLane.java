package io.raftkv.raft.node;

import io.raftkv.raft.Failpoint;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import io.raftkv.raft.core.Persist;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * The only writer of the log. It takes all queued work, writes it in order, syncs once, and only
 * then lets the responses leave. One sync for all that is queued is what keeps a cluster alive
 * under load, not only fast: with one sync a ticket the queue can grow faster than the disk works
 * it off.
 */
final class LogLane {
  /** Units of work that may wait. The core's own limits keep it far below. */
  private static final int QUEUE_MAX = 1 << 16;

  private final LogStore log;
  private final Transport transport;
  private final NodeClock clock;
  private final LongConsumer syncNanos;
  private final LongConsumer persisted;
  private final Lane lane;
  private final Mailbox<Persist> queue = new Mailbox<>(QUEUE_MAX);
  private final List<Persist> batch = new ArrayList<>();

  /**
   * @param persisted told the last ticket that is durable
   */
  LogLane(LaneFactory lanes, RaftNode.Parts parts, LongConsumer persisted) {
    this.log = parts.log();
    this.transport = parts.transport();
    this.clock = parts.clock();
    this.syncNanos = parts.syncNanos();
    this.persisted = persisted;
    lane = lanes.create("log", this::turn);
  }

  Lane lane() {
    return lane;
  }

  RaftNode.Queue figures() {
    return queue.figures("log");
  }

  void submit(Persist persist) {
    Invariant.check(queue.offer(persist), "more than %d units of disk work wait", QUEUE_MAX);
    lane.wake();
  }

  private void turn() {
    batch.clear();
    queue.drain(batch::add);
    if (batch.isEmpty()) {
      return;
    }
    boolean hasWrites = false;
    int responses = 0;
    for (Persist persist : batch) {
      write(persist);
      hasWrites |= persist.hasWrites();
      responses += persist.responses().size();
    }
    if (hasWrites) {
      sync();
    }
    if (responses > 0) {
      release(responses);
      Failpoint.AFTER_ANSWER.pass();
    }
    persisted.accept(batch.get(batch.size() - 1).ticket());
  }

  private void sync() {
    long beganNanos = clock.nanoTime();
    Failpoint.BEFORE_SAVE.pass();
    log.sync();
    Failpoint.AFTER_SAVE.pass();
    syncNanos.accept(clock.nanoTime() - beganNanos);
  }

  private void release(int responses) {
    List<Message> released = new ArrayList<>(responses);
    batch.forEach(persist -> released.addAll(persist.responses()));
    transport.send(released);
  }

  private void write(Persist persist) {
    persist.hardState().ifPresent(log::saveHardState);
    persist.resetTo().ifPresent(log::resetTo);
    if (persist.truncateFrom() > 0) {
      log.truncateFrom(persist.truncateFrom());
    }
    if (!persist.entries().isEmpty()) {
      log.append(persist.entries());
    }
    persist.compactTo().ifPresent(log::compactTo);
  }
}
