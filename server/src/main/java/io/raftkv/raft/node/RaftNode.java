package io.raftkv.raft.node;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftException.Reason;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.RandomSource;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.Transport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a cluster: the public face of the lanes. Thread-safe; nothing here blocks.
 *
 * <p>Futures complete on the apply lane: what hangs on them must be quick and must not block. They
 * fail with a {@link RaftException}, which tells whether the request may have taken effect.
 *
 * <pre>
 *   callers, transport ──> core lane ──> log lane      one write, one sync, then responses
 *                             │   └────> apply lane    state machine, answers, reads
 *                             ├────────> snapshot lane files: made, sent, received
 *                             └────────> read lane     old entries for followers that lag
 * </pre>
 */
public final class RaftNode implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);

  /** Why a node no longer runs. */
  private enum End {
    CLOSED,
    FAILED
  }

  /**
   * What a node is made of. The node closes none of the parts.
   *
   * @param tick the length of the ticks that {@code options} count in
   * @param isCommand whether the state machine can read a command; asked by any thread of what
   *     other members forward, before it is proposed
   * @param needsRoom whether a command makes the store larger: it is refused while the leader's
   *     disk is full, or so many that no quorum has room. Asked by the core lane. Quick
   * @param isDiskFull whether this member's disk has hardly any room left; asked by the core lane
   *     every turn. Quick
   * @param syncNanos told how long each sync of the log took; quick, called by the log lane
   * @param failed told once, from any thread, when the node stopped because its disk failed or it
   *     found a defect; the process should end
   */
  public record Parts(
      MemberId self,
      RaftOptions options,
      Duration tick,
      LogStore log,
      SnapshotStore snapshots,
      StateMachine stateMachine,
      Transport transport,
      Lanes lanes,
      NodeClock clock,
      RandomSource random,
      Predicate<byte[]> isCommand,
      Predicate<byte[]> needsRoom,
      BooleanSupplier isDiskFull,
      LongConsumer syncNanos,
      Consumer<Throwable> failed) {
    /** Of a state machine that can read any bytes. */
    public Parts(
        MemberId self,
        RaftOptions options,
        Duration tick,
        LogStore log,
        SnapshotStore snapshots,
        StateMachine stateMachine,
        Transport transport,
        Lanes lanes,
        NodeClock clock,
        RandomSource random,
        Consumer<Throwable> failed) {
      this(
          self,
          options,
          tick,
          log,
          snapshots,
          stateMachine,
          transport,
          lanes,
          clock,
          random,
          command -> true,
          command -> false,
          () -> false,
          nanos -> {},
          failed);
    }
  }

  /**
   * A bounded queue as it is now.
   *
   * @param size what waits in it
   * @param max what may wait in it
   */
  public record Queue(String name, int size, int max) {}

  /**
   * What the queues hold, and what has happened since the start.
   *
   * @param requestsRefused callers were told QUEUE_FULL
   * @param messagesDropped messages of other members; Raft's will be sent again, forwarded requests
   *     were refused
   * @param termsRefused messages of other members whose term was too far above ours
   * @param electionsStarted how often this member campaigned, pre-votes not counted
   * @param leaderChanges how often it learned of a new leader
   * @param queues what waits now
   */
  public record Stats(
      long requestsRefused,
      long messagesDropped,
      long termsRefused,
      long electionsStarted,
      long leaderChanges,
      List<Queue> queues) {}

  private final Parts parts;
  private final LaneFactory factory;
  private final CoreLane coreLane;
  private final CoreInbox inbox;
  private final LogLane logLane;
  private final ApplyLane applyLane;
  private final SnapshotLane snapshotLane;
  private final List<Lane> lanes;
  private final AtomicReference<End> end = new AtomicReference<>();

  /**
   * Gives a new member its first log: one entry with the configuration, the same on every member
   * that starts the cluster. Durable on return. No effect if the stores hold anything.
   */
  public static void bootstrap(LogStore log, SnapshotStore snapshots, Configuration configuration) {
    Recovery.bootstrap(log, snapshots, configuration);
  }

  /**
   * Recovers from the stores: restores the newest snapshot and reads the log. Not yet running.
   *
   * @throws IllegalStateException if log and snapshots do not fit together
   * @throws java.io.UncheckedIOException if they cannot be read, or are damaged
   */
  public RaftNode(Parts parts) {
    this.parts = parts;
    factory = new LaneFactory(parts.lanes(), () -> end.get() != null, this::fail);
    coreLane = new CoreLane(factory, parts, Recovery.recover(parts));
    inbox = coreLane.inbox();
    logLane = new LogLane(factory, parts, inbox::persisted);
    snapshotLane =
        new SnapshotLane(
            factory,
            parts.self(),
            () -> coreLane.status().term(),
            inbox::appliedIndex,
            parts.snapshots(),
            parts.transport(),
            parts.clock(),
            parts.tick().multipliedBy(parts.options().electionTicks()),
            inbox);
    applyLane =
        new ApplyLane(
            factory,
            parts.stateMachine(),
            parts.log(),
            parts.snapshots(),
            snapshotLane,
            inbox::applied);
    ReadLane readLane = new ReadLane(factory, parts.log(), inbox::entriesRead);
    coreLane.connect(logLane, applyLane, snapshotLane, readLane);
    lanes =
        List.of(
            coreLane.lane(),
            logLane.lane(),
            applyLane.lane(),
            snapshotLane.lane(),
            readLane.lane());
  }

  /** Starts the lanes and the transport. */
  public void start() {
    lanes.stream().filter(lane -> lane != coreLane.lane()).forEach(Lane::start);
    // Before it listens: a peer that dials early would be taken for a stranger.
    parts.transport().setMembers(coreLane.reachable());
    parts.transport().start(inbox);
    coreLane.start();
  }

  /**
   * Runs {@code calls}, and begins the requests that it makes together, once it has ended; as far
   * as lanes are idle, on the caller's thread.
   */
  public void together(Runnable calls) {
    factory.lend(calls);
  }

  /**
   * Proposes a command; a follower sends it to the leader. Completes with the result of the state
   * machine once it is committed and applied on the member that led.
   */
  public CompletableFuture<byte[]> propose(byte[] command) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    submit(new Request.Propose(command, new Completion.Local(future)), future);
    return future;
  }

  /**
   * Completes when this member's state machine has applied everything that was committed, by
   * anyone, before the call: what is read then is linearizable (Raft thesis 6.4).
   */
  public CompletableFuture<Void> readBarrier() {
    CompletableFuture<Void> future = new CompletableFuture<>();
    submit(new Request.Read(future), future);
    return future;
  }

  /**
   * Hands leadership over; a follower asks the leader to.
   *
   * @param target or {@link MemberId#NONE} for the voter that is most up to date
   * @return completes with the new leader once the old one follows it
   */
  public CompletableFuture<MemberId> transferLeadership(MemberId target) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    submit(new Request.Transfer(target, new Completion.Local(future)), future);
    return future.thenApply(bytes -> new MemberId(ByteBuffer.wrap(bytes).getLong()));
  }

  /**
   * Changes the members; a follower asks the leader to. Completes with what is in force then, once
   * that is committed; further steps of the change follow by themselves. A dry run completes with
   * what would be.
   */
  public CompletableFuture<Membership> changeMembership(MembershipChange change) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    submit(new Request.Change(change, new Completion.Local(future)), future);
    return future.thenApply(Membership::decode);
  }

  /**
   * Tells that entries up to this one were found damaged on the disk. A snapshot takes their place
   * as soon as it can be made, and the log starts behind it; nothing is asked of anybody else.
   */
  public void logDamaged(long index) {
    inbox.logDamaged(index);
  }

  /** Tells that a snapshot was found damaged: if it is, another one takes its place. */
  public void snapshotDamaged(SnapshotMeta meta) {
    snapshotLane.check(meta);
  }

  private void submit(Request request, CompletableFuture<?> future) {
    if (end.get() != null) {
      future.completeExceptionally(refusal(Reason.SHUTTING_DOWN));
    } else if (!inbox.submit(request)) {
      future.completeExceptionally(refusal(Reason.QUEUE_FULL));
    } else if (end.get() != null) {
      // It may have come too late for whoever emptied the mailbox.
      future.completeExceptionally(refusal(Reason.STOPPED));
    }
  }

  /** As of the core lane's latest turn. */
  public NodeStatus status() {
    return coreLane.status();
  }

  public Stats stats() {
    List<Queue> queues = new ArrayList<>(inbox.queues());
    queues.add(logLane.figures());
    queues.add(applyLane.figures());
    queues.add(snapshotLane.figures());
    return new Stats(
        inbox.requestsRefused(),
        inbox.messagesDropped(),
        inbox.termsRefused(),
        coreLane.electionsStarted(),
        coreLane.leaderChanges(),
        queues);
  }

  static RaftException refusal(Reason reason) {
    return new RaftException(
        reason,
        switch (reason) {
          case NO_LEADER -> "no leader is known here";
          case LEADERSHIP_LOST -> "the leader changed before the request was known to be committed";
          case QUEUE_FULL -> "too many requests wait here";
          case SHUTTING_DOWN -> "this member is stopping";
          case TRANSFERRING -> "leadership is being handed over";
          case TRANSFER_FAILED -> "leadership could not be handed over";
          case MEMBER_NOT_FOUND -> "there is no such member";
          case TIMEOUT -> "the leader did not answer in time";
          case STOPPED -> "this member stopped with the request under way";
          case UNKNOWN_COMMAND ->
              "the leader does not know this command; is it of another version?";
          case DISK_FULL ->
              "the disks of the leader or of a majority are almost full: delete keys, or make room there";
          case CONFIG_CONFLICT -> "the members have changed meanwhile";
          case CHANGE_IN_PROGRESS ->
              "another change of the members, or an election, is not complete yet";
          case UNSAFE_CHANGE ->
              "without a healthy majority of voters afterwards, with too many members, or in place of"
                  + " a member that answers";
          case NOT_CAUGHT_UP -> "the learner does not have what is committed yet";
          case LAST_VOTER -> "it is the only member that votes";
          case MEMBER_EXISTS -> "there is, or was, a member with this id, name or address";
        });
  }

  /** Any lane, once: the first failure counts. */
  private void fail(Throwable cause) {
    if (end.compareAndSet(null, End.FAILED)) {
      LOG.error("member {} stops: {}", parts.self(), cause.toString(), cause);
      parts.failed().accept(cause);
    }
  }

  /**
   * Stops the lanes, then fails what is under way. Closes none of the parts. Not to be called by a
   * lane.
   */
  @Override
  public void close() {
    end.compareAndSet(null, End.CLOSED);
    lanes.forEach(Lane::close);
    RaftException notTaken = refusal(Reason.SHUTTING_DOWN);
    RaftException underWay = refusal(Reason.STOPPED);
    coreLane.failWaiting(notTaken, underWay);
    applyLane.failWaiting(notTaken, underWay);
    snapshotLane.closeFiles();
  }
}
