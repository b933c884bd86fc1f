package io.raftkv.raft.node;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.Failpoint;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftException.Reason;
import io.raftkv.raft.Room;
import io.raftkv.raft.core.ChangeOutcome;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.Ready;
import io.raftkv.raft.core.RoleName;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Drives the core. One turn: take everything that has arrived, tick what is due, feed all of it to
 * the core, take one {@link Ready}, and hand its parts to the other lanes. That is where batches
 * come from: what arrives during a turn waits for the next one, together.
 *
 * <p>{@link CoreInbox} holds what arrives, {@link Pending} what was proposed until it is committed,
 * {@link Waiting} who waits for a leader, and all answers.
 *
 * <p>Never blocks: no disk, no network write, no state machine, no callers' code. Everything is
 * confined to the lane, but for the inbox, the status and the figures.
 */
final class CoreLane {
  private final RaftCore core;
  private final RaftNode.Parts parts;
  private final Lane lane;
  private final CoreInbox inbox;

  private final Pending pending = new Pending();
  private final ClusterClock clusterClock;
  private final Waiting waiting;

  private final long tickNanos;
  private long nextTickNanos;
  private long seenPersisted;
  private long seenApplied;
  private long seenContacts;
  private final Freshness freshness = new Freshness();
  private final StateCheck stateCheck;
  private final AtomicLong electionsStarted = new AtomicLong();
  private final AtomicLong leaderChanges = new AtomicLong();
  private long termOfElection;
  private long turnNanos;

  // Collected during one turn. Proposals wait here while the next leader is expected.
  private final List<Request.Propose> proposals = new ArrayList<>();
  private final List<Request.Change> changes = new ArrayList<>();

  // Set once, before the lane starts.
  private LogLane logLane;
  private ApplyLane applyLane;
  private SnapshotLane snapshotLane;
  private ReadLane readLane;

  private volatile NodeStatus status;

  @SuppressWarnings("NullAway.Init") // connect() completes the circle of lanes.
  CoreLane(LaneFactory lanes, RaftNode.Parts parts, RaftCore core) {
    this.core = core;
    this.parts = parts;
    tickNanos = parts.tick().toNanos();
    clusterClock = new ClusterClock(parts.clock());
    stateCheck =
        new StateCheck(
            parts.self(),
            parts.stateMachine(),
            parts.options().electionTicks() * parts.tick().toNanos());
    lane = lanes.create("core", this::turn, parts.tick(), () -> true);
    waiting = new Waiting(core, parts, lane);
    inbox = new CoreInbox(parts, lanes, lane, waiting, () -> status.term(), core.appliedIndex());
    seenApplied = core.appliedIndex();
    status = describe();
  }

  void connect(LogLane log, ApplyLane apply, SnapshotLane snapshot, ReadLane read) {
    logLane = log;
    applyLane = apply;
    snapshotLane = snapshot;
    readLane = read;
    inbox.connect(snapshot);
  }

  Lane lane() {
    return lane;
  }

  /** Where what is for this lane goes. */
  CoreInbox inbox() {
    return inbox;
  }

  /** Whom to talk to at first. Before the lane starts. */
  Configuration reachable() {
    return core.reachable();
  }

  void start() {
    nextTickNanos = parts.clock().nanoTime() + tickNanos;
    lane.start();
  }

  /** As of the latest turn. For any thread. */
  NodeStatus status() {
    return status;
  }

  // --- the turn --------------------------------------------------------------------------------

  private void turn() {
    // Before the mailboxes are emptied: what is in them was said no earlier.
    turnNanos = parts.clock().nanoTime();
    feedCompletions();
    inbox.drainEvents(core);
    inbox.drainMessages(this::onMessage);
    tick();
    inbox.drainRequests(this::onRequest);
    endLostLeadership();
    propose();
    changes.forEach(this::change);
    changes.clear();
    waiting.askToRead();
    perform(core.ready());
    waiting.watchTransfers();
    waiting.answer(applyLane);
    noteContact();
    countElections();
    status = describe();
  }

  private void countElections() {
    boolean isCandidate = core.roleName() == RoleName.CANDIDATE;
    // One that it won within the turn, alone in its cluster, counts too.
    if ((isCandidate || core.isLeader()) && core.term() != termOfElection) {
      termOfElection = core.term();
      electionsStarted.incrementAndGet();
    }
  }

  private void feedCompletions() {
    core.diskFull(parts.isDiskFull().getAsBoolean());
    core.logRoom(parts.log().roomBytes());
    long ticket = inbox.persistedTicket();
    if (ticket > seenPersisted) {
      seenPersisted = ticket;
      core.persisted(ticket);
    }
    long index = inbox.appliedIndex();
    if (index > seenApplied) {
      seenApplied = index;
      core.applied(index);
    }
  }

  private void tick() {
    long now = parts.clock().nanoTime();
    if (now - nextTickNanos > parts.options().electionTicks() * tickNanos) {
      // The process was paused: an election timeout has passed, and no more than that is known.
      nextTickNanos = now - parts.options().electionTicks() * tickNanos;
    }
    while (now - nextTickNanos >= 0) {
      nextTickNanos += tickNanos;
      core.tick();
    }
  }

  private void onMessage(Message m) {
    if (m instanceof Message.Forward forward) {
      onRequest(new Request.Propose(forward.command(), inbox.sender(forward, forward.forwardId())));
    } else if (m instanceof Message.ForwardTransfer transfer) {
      onRequest(
          new Request.Transfer(transfer.target(), inbox.sender(transfer, transfer.forwardId())));
    } else if (m instanceof Message.ForwardChange change) {
      onRequest(new Request.Change(change.change(), inbox.sender(change, change.forwardId())));
    } else if (m instanceof Message.ForwardResult result) {
      waiting.forwardAnswered(result);
    } else {
      core.step(m);
      compareStates(m);
    }
  }

  /** After the core, which tells whether the sender is still the leader, or we. */
  private void compareStates(Message m) {
    if (m instanceof Message.HeartbeatResponse response && core.isLeader()) {
      stateCheck.answered(response, core.configuration());
    } else if (m instanceof Message.HeartbeatRequest request
        && request.term() == core.term()
        && request.from().equals(core.leader())) {
      stateCheck.heard(request);
    }
  }

  private void onRequest(Request request) {
    if (request instanceof Request.Propose propose) {
      proposals.add(propose);
    } else if (request instanceof Request.Read read) {
      waiting.read(read);
    } else if (request instanceof Request.Change change) {
      changes.add(change);
    } else if (request instanceof Request.Transfer transfer) {
      waiting.transfer(transfer);
    }
  }

  // --- proposals -------------------------------------------------------------------------------

  private void propose() {
    if (core.isLeader()) {
      // What the log no longer holds, the snapshot in its place has; of either one, the later time.
      long stateMillis = parts.stateMachine().clusterTimeMillis();
      clusterClock.lead(core.term(), Math.max(core.lastClusterTimeMillis(), stateMillis));
    }
    if (proposals.isEmpty()) {
      return;
    }
    var refusal = core.proposalRefusal();
    if (waiting.awaitsLeader()) {
      refuseWhatCannotWait(refusal.orElse(Reason.NO_LEADER));
      return;
    }
    if (refusal.isEmpty()) {
      proposals.removeIf(this::isRefusedForRoom);
      if (proposals.isEmpty()) {
        return;
      }
      List<byte[]> commands = new ArrayList<>(proposals.size());
      proposals.forEach(proposal -> commands.add(proposal.command()));
      long index = core.propose(commands, clusterClock.millis());
      for (Request.Propose proposal : proposals) {
        pending.add(core.term(), index++, proposal.completion());
      }
    } else if (refusal.get() == Reason.NO_LEADER) {
      proposals.forEach(waiting::forward);
    } else {
      proposals.forEach(proposal -> waiting.refuse(proposal.completion(), refusal.get()));
    }
    proposals.clear();
  }

  /** What another member sent is not sent on, so it has nothing to wait for here. */
  private void refuseWhatCannotWait(Reason reason) {
    proposals.removeIf(
        proposal -> {
          boolean isRemote = proposal.completion() instanceof Completion.Remote;
          if (isRemote) {
            waiting.refuse(proposal.completion(), reason);
          }
          return isRemote;
        });
    if (proposals.size() > Forwards.MAX) {
      List<Request.Propose> tooMany = proposals.subList(Forwards.MAX, proposals.size());
      tooMany.forEach(proposal -> waiting.refuse(proposal.completion(), reason));
      tooMany.clear();
    }
  }

  private void change(Request.Change request) {
    Completion completion = request.completion();
    if (!core.isLeader()) {
      waiting.forward(request);
      return;
    }
    long before = core.lastEntry().index();
    ChangeOutcome outcome = core.changeMembership(request.change());
    outcome.refusal().ifPresent(reason -> waiting.refuse(completion, reason));
    outcome
        .membership()
        .ifPresent(
            membership -> {
              byte[] result = membership.encode();
              if (core.lastEntry().index() > before) {
                pending.add(
                    core.term(), membership.index(), new Completion.With(result, completion));
              } else {
                waiting.succeed(completion, result);
              }
            });
  }

  private boolean isRefusedForRoom(Request.Propose proposal) {
    Room room = core.roomToPropose();
    boolean isTaken =
        room == Room.ENOUGH
            || (room == Room.HARDLY_ANY && !parts.needsRoom().test(proposal.command()));
    if (isTaken) {
      return false;
    }
    waiting.refuse(proposal.completion(), Reason.DISK_FULL);
    return true;
  }

  /** Ends what hung on a leadership that is over, ours or another's. */
  private void endLostLeadership() {
    if (!pending.isEmpty() && !(core.isLeader() && core.term() == pending.term())) {
      waiting.refuse(pending.takeAll(), Reason.LEADERSHIP_LOST);
    }
    if (waiting.noteLeader(turnNanos)) {
      leaderChanges.incrementAndGet();
    }
  }

  // --- output ----------------------------------------------------------------------------------

  private void perform(Ready ready) {
    ready.reachable().ifPresent(parts.transport()::setMembers);
    if (core.isLeader()) {
      stateCheck.lead(core.term(), turnNanos);
    }
    if (!ready.messages().isEmpty()) {
      Failpoint.BEFORE_SEND.pass();
      parts.transport().send(stateCheck.stamped(ready.messages()));
      Failpoint.AFTER_SEND.pass();
    }
    // The apply lane first: the persist may replace the log that it reads from.
    ready.install().ifPresent(applyLane::install);
    ready.persist().ifPresent(logLane::submit);
    if (!ready.committed().isEmpty()) {
      Failpoint.BEFORE_COMMIT.pass();
      applyLane.apply(ready.committed(), pending.takeCommitted(ready.committed().toExclusive()));
      Failpoint.AFTER_COMMIT.pass();
    }
    ready.snapshot().ifPresent(applyLane::freeze);
    ready.reads().forEach(waiting::readEnded);
    ready.transfers().forEach(snapshotLane::send);
    ready.logReads().forEach(readLane::submit);
  }

  private void noteContact() {
    if (core.contacts() != seenContacts) {
      seenContacts = core.contacts();
      freshness.heard(turnNanos, core.contactIndex());
    }
    freshness.applied(core.appliedIndex());
  }

  private NodeStatus describe() {
    return new NodeStatus(
        core.self(),
        NodeStatus.Role.valueOf(core.roleName().name()),
        core.term(),
        core.leader(),
        core.configuration(),
        core.configurationIndex(),
        core.firstIndex(),
        core.lastEntry().index(),
        core.commitIndex(),
        core.appliedIndex(),
        core.durableIndex(),
        core.snapshotIndex(),
        core.isRemoved(),
        freshness.atNanos(),
        stateCheck.agreedIndex(),
        stateCheck.isInDoubt(),
        core.followers().stream()
            .map(f -> new NodeStatus.Follower(f.id(), f.matchIndex(), f.isActive()))
            .toList());
  }

  /** After the lane has ended: whoever still waits learns why. */
  void failWaiting(RaftException notTaken, RaftException underWay) {
    inbox.drainRequests(
        request -> {
          if (request instanceof Request.Transfer transfer) {
            transfer.completion().fail(underWay);
          } else {
            onRequest(request);
          }
        });
    waiting.failAll(notTaken, underWay);
    proposals.forEach(proposal -> proposal.completion().fail(notTaken));
    changes.forEach(change -> change.completion().fail(notTaken));
    pending.takeAll().forEach(completion -> completion.fail(underWay));
    proposals.clear();
    changes.clear();
  }

  long electionsStarted() {
    return electionsStarted.get();
  }

  long leaderChanges() {
    return leaderChanges.get();
  }
}
