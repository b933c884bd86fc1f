package io.raftkv.raft.node;

import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftException.Reason;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.Transport;
import io.raftkv.raft.core.LogRead;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotTransfer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What has arrived for the core lane since its latest turn, from callers, from other members and
 * from the other lanes. For any thread, unless a method says otherwise; nothing here blocks.
 */
final class CoreInbox implements SnapshotLane.Listener, Transport.Listener {
  private static final int REQUESTS_MAX = 1 << 14;
  private static final int MESSAGES_MAX = 1 << 14;
  private static final int EVENTS_MAX = 1 << 12;

  private final RaftNode.Parts parts;
  private final LaneFactory lanes;
  private final Lane lane;
  private final Waiting waiting;
  private final LongSupplier term;
  private final TermGuard termGuard;

  private final Mailbox<Request> requests = new Mailbox<>(REQUESTS_MAX);
  private final Mailbox<Message> messages = new Mailbox<>(MESSAGES_MAX);

  /** What other lanes report. Each kind has few under way, so that it cannot fill up. */
  private final Mailbox<Consumer<RaftCore>> events = new Mailbox<>(EVENTS_MAX);

  private final AtomicLong persistedTicket = new AtomicLong();
  private final AtomicLong appliedIndex = new AtomicLong();

  // Set once, before the lane starts.
  private SnapshotLane snapshotLane;

  /**
   * Empty.
   *
   * @param lane the core lane, woken by whatever arrives
   * @param waiting touched by the core lane only, when it takes what was reported
   * @param term as of the core lane's latest turn; asked by any thread
   * @param appliedIndex what the state machine has applied already
   */
  @SuppressWarnings("NullAway.Init") // connect() completes the circle of lanes.
  CoreInbox(
      RaftNode.Parts parts,
      LaneFactory lanes,
      Lane lane,
      Waiting waiting,
      LongSupplier term,
      long appliedIndex) {
    this.parts = parts;
    this.lanes = lanes;
    this.lane = lane;
    this.waiting = waiting;
    this.term = term;
    termGuard = new TermGuard(parts.clock());
    this.appliedIndex.set(appliedIndex);
  }

  void connect(SnapshotLane snapshot) {
    snapshotLane = snapshot;
  }

  // --- from callers ----------------------------------------------------------------------------

  /** Returns false if too many requests wait. */
  boolean submit(Request request) {
    boolean isIn = requests.offer(request);
    if (isIn) {
      lanes.lend(lane::wake);
    }
    return isIn;
  }

  // --- from the transport ----------------------------------------------------------------------

  @Override
  public void received(Message message) {
    if (!termGuard.admits(message, term.getAsLong())) {
      return;
    }
    if (message.stream() == Message.Stream.SNAPSHOT) {
      snapshotLane.receive(message);
    } else if (message instanceof Message.Forward forward
        && !parts.isCommand().test(forward.command())) {
      // In the log it would stop every member that applies it.
      sender(forward, forward.forwardId()).fail(RaftNode.refusal(Reason.UNKNOWN_COMMAND));
    } else if (messages.offer(message)) {
      lanes.lend(lane::wake);
    } else {
      refuseFull(message);
    }
  }

  /** Raft asks again for what is dropped; whoever forwarded a request would wait in vain. */
  private void refuseFull(Message message) {
    RaftException full = RaftNode.refusal(Reason.QUEUE_FULL);
    if (message instanceof Message.Forward forward) {
      sender(forward, forward.forwardId()).fail(full);
    } else if (message instanceof Message.ForwardChange change) {
      sender(change, change.forwardId()).fail(full);
    } else if (message instanceof Message.ForwardTransfer transfer) {
      sender(transfer, transfer.forwardId()).fail(full);
    }
  }

  /** The member that forwarded a request, to be answered. */
  Completion sender(Message m, long forwardId) {
    return new Completion.Remote(
        parts.transport(), parts.self(), m.from(), term.getAsLong(), forwardId);
  }

  @Override
  public void forwardsLost(MemberId peer) {
    report(c -> waiting.forwardsLost(peer));
  }

  @Override
  public void unreachable(MemberId peer) {
    report(c -> c.unreachable(peer));
  }

  @Override
  public void removed() {
    report(RaftCore::removed);
  }

  // --- from the other lanes --------------------------------------------------------------------

  void persisted(long ticket) {
    persistedTicket.set(ticket);
    lanes.lend(lane::wake);
  }

  void applied(long index) {
    appliedIndex.set(index);
    lanes.lend(lane::wake);
  }

  void entriesRead(LogRead read, List<LogEntry> entries) {
    report(c -> c.entriesRead(read, entries));
  }

  @Override
  public void snapshotTaken(SnapshotMeta meta, long stateBytes) {
    report(c -> c.snapshotTaken(meta, stateBytes));
  }

  @Override
  public void snapshotFailed() {
    report(RaftCore::snapshotFailed);
  }

  @Override
  public void snapshotLost() {
    report(RaftCore::snapshotLost);
  }

  void logDamaged(long index) {
    report(c -> c.logDamaged(index));
  }

  @Override
  public void snapshotSent(SnapshotTransfer transfer, boolean isAccepted) {
    report(c -> c.snapshotSent(transfer, isAccepted));
  }

  @Override
  public void snapshotReceived(Message.SnapshotReceived message) {
    report(c -> c.step(message));
  }

  private void report(Consumer<RaftCore> event) {
    Invariant.check(events.offer(event), "more than %d events wait", EVENTS_MAX);
    lane.wake();
  }

  // --- for the core lane -----------------------------------------------------------------------

  /** The highest that is durable, 0 if none is yet. */
  long persistedTicket() {
    return persistedTicket.get();
  }

  /** What the state machine has applied. */
  long appliedIndex() {
    return appliedIndex.get();
  }

  /** Tells the core what was reported. The core lane only. */
  void drainEvents(RaftCore core) {
    events.drain(event -> event.accept(core));
  }

  /** Gives out what other members sent. The core lane only. */
  void drainMessages(Consumer<Message> taker) {
    messages.drain(taker);
  }

  /** Gives out what callers ask. The core lane, or who has closed it, only. */
  void drainRequests(Consumer<Request> taker) {
    requests.drain(taker);
  }

  // --- figures ---------------------------------------------------------------------------------

  long requestsRefused() {
    return requests.refused();
  }

  long messagesDropped() {
    return messages.refused();
  }

  long termsRefused() {
    return termGuard.refused();
  }

  List<RaftNode.Queue> queues() {
    return List.of(
        requests.figures("requests"),
        messages.figures("messages"),
        events.figures("events"),
        waiting.figures());
  }
}
