package io.raftkv.raft.node;

import io.raftkv.raft.Invariant;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftException.Reason;
import io.raftkv.raft.Transport;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.ReadState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Callers who wait for a leader, be it this member or another one, and what they are told in the
 * end. What waits for its entry to be committed is {@link Pending}.
 *
 * <pre>
 *   forwards   for the leader's answer to what was sent on to it
 *   readers    for an index that the leader confirms
 *   transfers  for the leader that comes next
 *   answers    for room in the apply lane: callers' code runs there
 * </pre>
 *
 * <p>Confined to the core lane.
 */
final class Waiting {
  /** A forwarded request without an answer is given up after this many election timeouts. */
  private static final int FORWARD_TIMEOUTS = 10;

  private record TransferWaiter(MemberId target, Completion completion) {}

  private final RaftCore core;
  private final RaftNode.Parts parts;
  private final Lane lane;

  private final Forwards forwards;
  private final long forwardPatienceNanos;
  private final NextLeader nextLeader;
  private MemberId seenLeader = MemberId.NONE;
  private long seenTerm;
  private long turnNanos;

  /** It led until this turn, in which it has heard who leads now. */
  private boolean isSucceeded;

  /** Collected during one turn. They wait here while the next leader is expected. */
  private List<CompletableFuture<Void>> readers = new ArrayList<>();

  /** Asked of the core, by the id of the read that they share. */
  private final TreeMap<Long, List<CompletableFuture<Void>>> reads = new TreeMap<>();

  private long nextReadId;

  private final List<TransferWaiter> transfers = new ArrayList<>();

  /** Of the transfer under way: its target may campaign at any time from now on. */
  private boolean isTransferTold;

  // For the apply lane. They wait here while it has more than enough to do.
  private List<Runnable> callbacks = new ArrayList<>();
  private List<ApplyLane.ConfirmedRead> confirmedReads = new ArrayList<>();

  Waiting(RaftCore core, RaftNode.Parts parts, Lane lane) {
    this.core = core;
    this.parts = parts;
    this.lane = lane;
    long electionNanos = parts.options().electionTicks() * parts.tick().toNanos();
    nextLeader = new NextLeader(electionNanos);
    forwards = new Forwards((long) parts.random().nextInt(Integer.MAX_VALUE) << 32);
    forwardPatienceNanos = FORWARD_TIMEOUTS * electionNanos;
  }

  // --- who leads -------------------------------------------------------------------------------

  /**
   * Looks, every turn, who leads now, and ends what hung on another one's leadership.
   *
   * @return whether there is a new leader
   */
  boolean noteLeader(long turnNanos) {
    this.turnNanos = turnNanos;
    boolean hasLed = seenLeader.equals(core.self());
    // One that led itself, and nobody follows any more, may be cut off from the next one.
    boolean isLost = !seenLeader.isNone() && !hasLed && core.leader().isNone();
    boolean isNew = false;
    if (!core.leader().equals(seenLeader) || core.term() != seenTerm) {
      seenLeader = core.leader();
      seenTerm = core.term();
      refuse(forwards.takeLost(seenLeader, seenTerm), Reason.LEADERSHIP_LOST);
      isNew = !seenLeader.isNone();
      if (isNew) {
        // That the leader changed is what a transfer is for; its answer may never come.
        forwards
            .takeTransferred(seenLeader)
            .forEach(over -> transferred(over.target(), over.completion(), seenLeader));
      }
    }
    isSucceeded = hasLed && isNew;
    refuse(forwards.takeOlderThan(parts.clock().nanoTime() - forwardPatienceNanos), Reason.TIMEOUT);
    noteNextLeader(isLost);
    return isNew;
  }

  private void noteNextLeader(boolean isLost) {
    if (core.isTransferring() || isLost) {
      nextLeader.noteOnItsWay(turnNanos);
    } else if (!core.leader().isNone()) {
      nextLeader.noteThere();
    }
  }

  /** Whether the next leader is expected any moment: see {@link NextLeader}. */
  boolean awaitsLeader() {
    return nextLeader.isAwaited(turnNanos);
  }

  // --- requests sent on to the leader ----------------------------------------------------------

  void forward(Request.Propose request) {
    Completion completion = request.completion();
    if (canForward(completion)) {
      long id = forwards.add(core.leader(), core.term(), parts.clock().nanoTime(), completion);
      send(new Message.Forward(core.self(), core.leader(), core.term(), id, request.command()), id);
    }
  }

  void forward(Request.Change request) {
    Completion completion = request.completion();
    if (canForward(completion)) {
      long id = forwards.add(core.leader(), core.term(), parts.clock().nanoTime(), completion);
      send(
          new Message.ForwardChange(core.self(), core.leader(), core.term(), id, request.change()),
          id);
    }
  }

  private void forward(Request.Transfer request) {
    Completion completion = request.completion();
    if (canForward(completion)) {
      MemberId target = request.target();
      long id =
          forwards.addTransfer(
              core.leader(), core.term(), parts.clock().nanoTime(), target, completion);
      send(new Message.ForwardTransfer(core.self(), core.leader(), core.term(), id, target), id);
    }
  }

  /** Refuses if not. A request is forwarded once: what another member sent is not sent on. */
  private boolean canForward(Completion completion) {
    if (core.leader().isNone() || completion instanceof Completion.Remote) {
      refuse(completion, Reason.NO_LEADER);
      return false;
    }
    if (forwards.isFull()) {
      refuse(completion, Reason.QUEUE_FULL);
      return false;
    }
    return true;
  }

  /** What could not even be sent is refused at once, and for certain. */
  private void send(Message message, long forwardId) {
    Transport.Offer offer = parts.transport().offer(message);
    if (offer == Transport.Offer.QUEUED) {
      return;
    }
    Completion completion = forwards.answer(forwardId);
    if (completion != null) {
      refuse(completion, offer == Transport.Offer.FULL ? Reason.QUEUE_FULL : Reason.NO_LEADER);
    }
  }

  void forwardAnswered(Message.ForwardResult m) {
    Completion completion = forwards.answer(m.forwardId());
    if (completion == null) {
      return;
    }
    if (m.failure() == 0) {
      succeed(completion, m.result());
    } else {
      Reason[] reasons = Reason.values();
      Reason reason =
          m.failure() <= reasons.length ? reasons[m.failure() - 1] : Reason.LEADERSHIP_LOST;
      refuse(completion, reason);
    }
  }

  /** The stream on which they were sent broke. */
  void forwardsLost(MemberId peer) {
    refuse(forwards.takeSentTo(peer), Reason.LEADERSHIP_LOST);
  }

  /** How many forwards are under way. For any thread. */
  RaftNode.Queue figures() {
    return new RaftNode.Queue("forwards", forwards.size(), Forwards.MAX);
  }

  // --- reads -----------------------------------------------------------------------------------

  void read(Request.Read request) {
    readers.add(request.future());
  }

  /** All that wait share one ReadIndex. */
  void askToRead() {
    boolean mustWait = core.leader().isNone() && awaitsLeader();
    if (!readers.isEmpty() && !mustWait) {
      long id = nextReadId++;
      reads.put(id, readers);
      readers = new ArrayList<>();
      core.readIndex(id);
    }
  }

  void readEnded(ReadState state) {
    List<CompletableFuture<Void>> group = reads.remove(state.readId());
    if (group == null) {
      throw Invariant.broken(
          "read %d ended, %d asked, %d wait", state.readId(), nextReadId, reads.size());
    }
    if (state.isConfirmed()) {
      confirmedReads.add(new ApplyLane.ConfirmedRead(state.index(), group));
    } else if (awaitsLeader()) {
      readers.addAll(group);
    } else if (isSucceeded) {
      // It was to confirm them itself; the next leader can.
      readers.addAll(group);
      lane.wake();
    } else {
      RaftException refusal = RaftNode.refusal(Reason.NO_LEADER);
      callbacks.add(() -> group.forEach(read -> read.completeExceptionally(refusal)));
    }
  }

  // --- leadership transfer ---------------------------------------------------------------------

  void transfer(Request.Transfer request) {
    if (!core.isLeader()) {
      forward(request);
    } else if (request.target().equals(core.self())) {
      succeed(request.completion(), core.self());
    } else {
      core.transferLeadership(request.target())
          .ifPresentOrElse(
              reason -> refuse(request.completion(), reason),
              () -> transfers.add(new TransferWaiter(request.target(), request.completion())));
    }
  }

  void watchTransfers() {
    if (transfers.isEmpty()) {
      return;
    }
    if (core.isTransferring()) {
      isTransferTold = core.isTransferTold();
    } else if (core.isLeader()) {
      // Whom TimeoutNow has reached may still win: then this is no refusal, the outcome is open.
      Reason reason = isTransferTold ? Reason.TIMEOUT : Reason.TRANSFER_FAILED;
      transfers.forEach(waiter -> refuse(waiter.completion(), reason));
      transfers.clear();
    } else if (!core.leader().isNone()) {
      transfers.forEach(waiter -> transferred(waiter.target(), waiter.completion(), core.leader()));
      transfers.clear();
    }
  }

  /** The old leader follows another one: the one that was asked for? */
  private void transferred(MemberId target, Completion completion, MemberId leader) {
    if (target.isNone() || target.equals(leader)) {
      succeed(completion, leader);
    } else {
      refuse(completion, Reason.TRANSFER_FAILED);
    }
  }

  private void succeed(Completion completion, MemberId leader) {
    succeed(completion, ByteBuffer.allocate(Long.BYTES).putLong(leader.value()).array());
  }

  // --- answers ---------------------------------------------------------------------------------

  void succeed(Completion completion, byte[] result) {
    callbacks.add(() -> completion.succeed(result));
  }

  void refuse(List<Completion> completions, Reason reason) {
    completions.forEach(completion -> refuse(completion, reason));
  }

  void refuse(Completion completion, Reason reason) {
    callbacks.add(() -> completion.fail(RaftNode.refusal(reason)));
  }

  /** Callers' code runs in the apply lane: all answers of a turn go there as one. */
  void answer(ApplyLane applyLane) {
    boolean any = !callbacks.isEmpty() || !confirmedReads.isEmpty();
    if (any && applyLane.hasRoom()) {
      applyLane.answer(callbacks, confirmedReads);
      callbacks = new ArrayList<>();
      confirmedReads = new ArrayList<>();
    }
  }

  // --- the end ---------------------------------------------------------------------------------

  /** After the lane has ended: gives the answers that there are, and fails whoever still waits. */
  void failAll(RaftException notTaken, RaftException underWay) {
    callbacks.forEach(Runnable::run);
    confirmedReads.forEach(
        read -> read.readers().forEach(reader -> reader.completeExceptionally(notTaken)));
    readers.forEach(reader -> reader.completeExceptionally(notTaken));
    reads.values().forEach(group -> group.forEach(r -> r.completeExceptionally(notTaken)));
    transfers.forEach(waiter -> waiter.completion().fail(underWay));
    forwards.takeAll().forEach(completion -> completion.fail(underWay));
    readers.clear();
    reads.clear();
    transfers.clear();
  }
}
