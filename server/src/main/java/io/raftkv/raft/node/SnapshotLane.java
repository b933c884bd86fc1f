package io.raftkv.raft.node;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.Transport;
import io.raftkv.raft.core.SnapshotTransfer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the snapshot files: makes them from frozen states, sends them to followers and receives
 * them. A failure here concerns that snapshot alone and never stops the node.
 */
final class SnapshotLane {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotLane.class);
  private static final int QUEUE_MAX = 1 << 10;
  private static final int RETRIES_MAX = 5;

  /** The newest one, and the one before it in case a transfer is under way. */
  private static final int SNAPSHOTS_KEPT = 2;

  /** Who hears of the outcome: the core lane. */
  interface Listener {
    void snapshotTaken(SnapshotMeta meta, long stateBytes);

    void snapshotFailed();

    void snapshotSent(SnapshotTransfer transfer, boolean isAccepted);

    /** A snapshot was found damaged and is gone: one of the current state should take its place. */
    void snapshotLost();

    void snapshotReceived(Message.SnapshotReceived message);
  }

  /** A piece of work. */
  private sealed interface Work {
    record Make(SnapshotMeta meta, StateMachine.Frozen state) implements Work {}

    record Send(SnapshotTransfer transfer) implements Work {}

    record Chunk(Message.SnapshotChunk message) implements Work {}

    record Ack(Message.SnapshotAck message) implements Work {}

    record Check(SnapshotMeta meta) implements Work {}
  }

  private record Incoming(EntryId last, long totalBytes, SnapshotStore.Receiver receiver) {
    /** Two leaders may have made files of the same entry that differ. */
    boolean isOf(Message.SnapshotChunk m) {
      return last.equals(m.last()) && totalBytes == m.totalBytes();
    }
  }

  private final MemberId self;
  private final SnapshotStore snapshots;
  private final Transport transport;
  private final NodeClock clock;
  private final long retryNanos;
  private final Listener listener;
  private final Lane lane;
  private final Mailbox<Work> queue = new Mailbox<>(QUEUE_MAX);
  private final TreeMap<MemberId, SnapshotSender> outgoing = new TreeMap<>();
  private @Nullable Incoming incoming;

  /** That of the core: an older leader's transfer is refused. */
  private final LongSupplier term;

  private final LongSupplier applied;

  /**
   * @param term the member's term; for any thread
   * @param applied what the state machine has applied, or less; for any thread
   * @param retryAfter a chunk is sent again when it was not answered for this long
   */
  SnapshotLane(
      LaneFactory lanes,
      MemberId self,
      LongSupplier term,
      LongSupplier applied,
      SnapshotStore snapshots,
      Transport transport,
      NodeClock clock,
      Duration retryAfter,
      Listener listener) {
    this.self = self;
    this.term = term;
    this.applied = applied;
    this.snapshots = snapshots;
    this.transport = transport;
    this.clock = clock;
    this.retryNanos = retryAfter.toNanos();
    this.listener = listener;
    lane = lanes.create("snapshot", this::turn, retryAfter);
  }

  Lane lane() {
    return lane;
  }

  RaftNode.Queue figures() {
    return queue.figures("snapshot");
  }

  void make(SnapshotMeta meta, StateMachine.Frozen state) {
    Invariant.check(
        state.appliedIndex() == meta.index(),
        "snapshot %d of a state at %d",
        meta.index(),
        state.appliedIndex());
    submit(new Work.Make(meta, state));
  }

  /** There is no state to make it of. */
  void giveUp(SnapshotMeta meta) {
    LOG.info("snapshot {} is not made: a newer one has come", meta.last());
    listener.snapshotFailed();
  }

  void send(SnapshotTransfer transfer) {
    submit(new Work.Send(transfer));
  }

  /** Dropped if too much waits: what is damaged will be found again. */
  void check(SnapshotMeta meta) {
    if (queue.offer(new Work.Check(meta))) {
      lane.wake();
    }
  }

  /** From another member. Dropped if too much waits: the sender tries again. */
  void receive(Message message) {
    boolean isIn =
        message instanceof Message.SnapshotChunk chunk
            ? queue.offer(new Work.Chunk(chunk))
            : message instanceof Message.SnapshotAck ack && queue.offer(new Work.Ack(ack));
    if (isIn) {
      lane.wake();
    }
  }

  /** From our own core, which asks for one snapshot at a time and one transfer per follower. */
  private void submit(Work work) {
    if (queue.offer(work)) {
      lane.wake();
    } else if (work instanceof Work.Send send) {
      listener.snapshotSent(send.transfer(), false);
    } else {
      listener.snapshotFailed();
    }
  }

  private void turn() {
    queue.drain(this::perform);
    retryOutgoing();
  }

  private void perform(Work work) {
    if (work instanceof Work.Make make) {
      write(make.meta(), make.state());
    } else if (work instanceof Work.Send send) {
      begin(send.transfer());
    } else if (work instanceof Work.Chunk chunk) {
      onChunk(chunk.message());
    } else if (work instanceof Work.Ack ack) {
      onAck(ack.message());
    } else if (work instanceof Work.Check check) {
      discardIfDamaged(check.meta());
    }
  }

  private void write(SnapshotMeta meta, StateMachine.Frozen state) {
    try (SnapshotStore.Sink sink = snapshots.create(meta)) {
      state.writeTo(sink.stream());
      sink.commit();
    } catch (IOException | UncheckedIOException e) {
      LOG.error("snapshot {} could not be made, the log is kept: {}", meta.last(), e.getMessage());
      listener.snapshotFailed();
      return;
    }
    LOG.info("snapshot {} made", meta.last());
    listener.snapshotTaken(meta, snapshots.latestStateBytes());
    forgetOld();
  }

  private void forgetOld() {
    try {
      snapshots.retain(SNAPSHOTS_KEPT, applied.getAsLong());
    } catch (UncheckedIOException e) {
      LOG.warn("old snapshots could not be removed: {}", e.getMessage());
    }
  }

  // --- sending ---------------------------------------------------------------------------------

  private void begin(SnapshotTransfer transfer) {
    SnapshotSender old = outgoing.remove(transfer.to());
    if (old != null) {
      old.close();
    }
    try {
      SnapshotSender sender =
          new SnapshotSender(transfer, self, transport, snapshots.open(transfer.meta().index()));
      outgoing.put(transfer.to(), sender);
      LOG.info("sending snapshot {} to {}", transfer.meta().last(), transfer.to());
      sender.sendChunk(clock.nanoTime());
    } catch (UncheckedIOException e) {
      sendingFailed(transfer, e);
    }
  }

  private void onAck(Message.SnapshotAck m) {
    SnapshotSender sender = outgoing.get(m.from());
    if (sender == null || sender.transfer.meta().index() != m.snapshotIndex()) {
      return;
    }
    try {
      if (m.isRefused()) {
        if (sender.isAllSent()) {
          discardIfDamaged(sender.transfer.meta());
        }
        end(sender, false);
      } else if (sender.answered(m.nextOffset(), clock.nanoTime())) {
        end(sender, true);
      }
    } catch (UncheckedIOException e) {
      sendingFailed(sender.transfer, e);
    }
  }

  private void retryOutgoing() {
    for (SnapshotSender sender : List.copyOf(outgoing.values())) {
      try {
        if (!sender.retryAfter(retryNanos, RETRIES_MAX, clock.nanoTime())) {
          end(sender, false);
        }
      } catch (UncheckedIOException e) {
        sendingFailed(sender.transfer, e);
      }
    }
  }

  private void sendingFailed(SnapshotTransfer transfer, UncheckedIOException e) {
    LOG.error(
        "snapshot {} could not be read for {}: {}",
        transfer.meta().last(),
        transfer.to(),
        e.getMessage());
    discardIfDamaged(transfer.meta());
    SnapshotSender sender = outgoing.get(transfer.to());
    if (sender != null) {
      end(sender, false);
    } else {
      listener.snapshotSent(transfer, false);
    }
  }

  /**
   * Who refuses a snapshot as a whole may have good reason: sent again, it would be refused for
   * ever. Neither could this member start from it.
   */
  private void discardIfDamaged(SnapshotMeta meta) {
    try (SnapshotStore.Source source = snapshots.open(meta.index())) {
      // To its end: only there all of it is verified.
      source.stream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException | UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return; // a newer one has replaced it
      }
      LOG.error(
          "snapshot {} is damaged and no longer used, a new one will be made: {}",
          meta.last(),
          e.getMessage());
      snapshots.discard(meta.index());
      listener.snapshotLost();
    }
  }

  private void end(SnapshotSender sender, boolean isAccepted) {
    LOG.info(
        "snapshot {} to {} {}",
        sender.transfer.meta().last(),
        sender.transfer.to(),
        isAccepted ? "sent" : "given up");
    sender.close();
    outgoing.remove(sender.transfer.to());
    listener.snapshotSent(sender.transfer, isAccepted);
  }

  // --- receiving -------------------------------------------------------------------------------

  private void onChunk(Message.SnapshotChunk m) {
    if (m.term() < term.getAsLong()) {
      answer(m, 0, true);
      return;
    }
    try {
      long next = accept(m);
      answer(m, next, false);
    } catch (UncheckedIOException e) {
      LOG.error("snapshot {} from {} refused: {}", m.last(), m.from(), e.getMessage());
      dropIncoming();
      answer(m, 0, true);
    }
  }

  /** Returns where the next chunk should start. */
  private long accept(Message.SnapshotChunk m) {
    if (snapshots.latest().map(SnapshotMeta::last).filter(m.last()::equals).isPresent()) {
      // The answer to the last chunk was lost, or the leader asks for what we have.
      received(m, snapshots.latest().orElseThrow());
      return m.totalBytes();
    }
    SnapshotStore.Receiver receiver = receiver(m);
    // All of it may be there already, if we crashed before the end was done.
    if (receiver.nextOffset() < m.totalBytes()) {
      if (m.offset() != receiver.nextOffset() || !isIntact(m)) {
        return receiver.nextOffset();
      }
      receiver.write(m.data());
      if (receiver.nextOffset() < m.totalBytes()) {
        return receiver.nextOffset();
      }
    }
    SnapshotMeta meta = receiver.finish();
    dropIncoming();
    received(m, meta);
    forgetOld();
    return m.totalBytes();
  }

  private SnapshotStore.Receiver receiver(Message.SnapshotChunk m) {
    Incoming current = incoming;
    if (current == null || !current.isOf(m)) {
      dropIncoming();
      LOG.info("receiving snapshot {} from {}", m.last(), m.from());
      current = new Incoming(m.last(), m.totalBytes(), snapshots.receive(m.last(), m.totalBytes()));
      incoming = current;
    }
    return current.receiver;
  }

  private static boolean isIntact(Message.SnapshotChunk m) {
    CRC32C crc = new CRC32C();
    crc.update(m.data());
    return (int) crc.getValue() == m.crc();
  }

  private void received(Message.SnapshotChunk m, SnapshotMeta meta) {
    listener.snapshotReceived(new Message.SnapshotReceived(m.from(), self, m.term(), meta));
  }

  private void answer(Message.SnapshotChunk m, long nextOffset, boolean isRefused) {
    transport.send(
        List.of(
            new Message.SnapshotAck(
                self, m.from(), m.term(), m.last().index(), nextOffset, isRefused)));
  }

  private void dropIncoming() {
    if (incoming != null) {
      incoming.receiver.close();
      incoming = null;
    }
  }

  /** After the lane has ended. */
  void closeFiles() {
    dropIncoming();
    for (Iterator<SnapshotSender> all = outgoing.values().iterator(); all.hasNext(); ) {
      all.next().close();
      all.remove();
    }
  }
}
