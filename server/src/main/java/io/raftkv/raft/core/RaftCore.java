package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.RandomSource;
import io.raftkv.raft.Room;
import io.raftkv.raft.SnapshotMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One member's Raft, as a pure object: give it what happened, then take {@link #ready} and do what
 * it says.
 *
 * <p>Not thread-safe; confined to the core lane. A method that throws has found a defect ({@link
 * Invariant}); the object must not be used afterwards.
 */
public final class RaftCore {
  /** For so many heartbeats, what a lost leader sent before may still arrive. */
  private static final int LEFTOVER_HEARTBEATS = 2;

  private final MemberId self;
  private final RaftOptions options;
  private final RaftLog log;
  private final ElectionTimer electionTimer;
  private final ApplyQueue applyQueue;
  private final Snapshots snapshots;
  private final Replica replica;
  private final Ballot ballot;
  private final Outputs out = new Outputs();

  private HardState hardState;
  private Role role;

  private LostLeader lostLeader = LostLeader.none();
  private long nextRemoteReadId;
  private long contacts;
  private long contactIndex;
  private long lostLogs;

  /** Our disk has hardly any room left. */
  private final DiskRoom disk = new DiskRoom();

  /** The others said so; this log may never hold the entry. */
  private boolean isRemoved;

  /**
   * A member as its disk remembers it: a follower that knows no leader.
   *
   * @param log filled from the disk
   * @param snapshot the newest durable one; the state machine is at its index
   * @param stateBytes of the state in it, before compression
   */
  public RaftCore(
      MemberId self,
      RaftOptions options,
      RandomSource random,
      HardState hardState,
      RaftLog log,
      SnapshotMeta snapshot,
      long stateBytes) {
    this.self = self;
    this.options = options;
    this.log = log;
    this.hardState = hardState;
    log.commitTo(snapshot.index());
    electionTimer = new ElectionTimer(options, random);
    applyQueue = new ApplyQueue(snapshot.index());
    snapshots = new Snapshots(options, log, snapshot, stateBytes, this::oldestNeeded);
    replica = new Replica(this, applyQueue, snapshots);
    ballot = new Ballot(this);
    role = new Follower(this, MemberId.NONE);
    // A read of an earlier life must not be answered into this one.
    nextRemoteReadId = (long) random.nextInt(Integer.MAX_VALUE) << 32;
  }

  // --- inputs -----------------------------------------------------------------------------------

  /** A tick of the clock passed. */
  public void tick() {
    lostLeader.tick();
    role.tick();
  }

  /** Whether a proposal would be refused now, and why. */
  public Optional<RaftException.Reason> proposalRefusal() {
    return role instanceof Leader leader
        ? leader.refusal()
        : Optional.of(RaftException.Reason.NO_LEADER);
  }

  /**
   * Appends commands to the log of this leader; {@link #proposalRefusal} is empty.
   *
   * @param clusterTimeMillis of now; an entry never has an earlier one than the entry before
   * @return index of the first one; the others follow it. Their term is {@link #term}
   */
  public long propose(List<byte[]> commands, long clusterTimeMillis) {
    Leader leader = (Leader) role;
    long first = log.lastIndex() + 1;
    for (byte[] command : commands) {
      leader.append(LogEntry.Kind.COMMAND, clusterTimeMillis, command);
    }
    return first;
  }

  /**
   * Asks for an index at which to read; ends with a {@link ReadState}, sooner or later.
   *
   * @param readId not in use, not negative; a retry takes a new one
   */
  public void readIndex(long readId) {
    role.readIndex(readId);
  }

  /** Tells that a ticket, and all before it, is durable. */
  public void persisted(long ticket) {
    log.persisted(ticket);
    role.onDurable();
    evictTail();
  }

  /** Tells whether this member's disk has hardly any room left; it had room at first. */
  public void diskFull(boolean isFull) {
    disk.disk(isFull);
  }

  /** Tells how many bytes the log takes for sure, beyond what it was given. */
  public void logRoom(long bytes) {
    disk.log(bytes);
  }

  /**
   * What may be proposed to this leader, as far as is known: with ENOUGH, everything; with
   * HARDLY_ANY, what makes the store smaller; with NONE, nothing. Its own disk has as much room,
   * and so have those of a quorum.
   */
  public Room roomToPropose() {
    return role instanceof Leader leader ? leader.roomToPropose() : Room.NONE;
  }

  /** Tells that the state machine has applied everything up to {@code index}. */
  public void applied(long index) {
    applyQueue.applied(index);
  }

  /**
   * Tells that this snapshot, asked for by {@link Ready#snapshot}, is durable, and how large a
   * state it holds.
   */
  public void snapshotTaken(SnapshotMeta taken, long stateBytes) {
    snapshots.taken(taken, stateBytes);
  }

  /** Tells that the snapshot could not be made; a later one will be tried. */
  public void snapshotFailed() {
    snapshots.failed();
  }

  /** Tells that the newest snapshot is damaged and gone: one is taken as soon as can be. */
  public void snapshotLost() {
    snapshots.lost();
  }

  /**
   * Tells that entries up to this one cannot be read back any more: a snapshot takes their place as
   * soon as it can be, and the log starts behind it. Who lacks them is sent the snapshot.
   */
  public void logDamaged(long index) {
    snapshots.logDamaged(index);
  }

  /** Tells how a transfer ended that {@link Ready#transfers} asked for. */
  public void snapshotSent(SnapshotTransfer transfer, boolean isAccepted) {
    if (role instanceof Leader leader && transfer.term() == term()) {
      leader.onSnapshotSent(transfer, isAccepted);
    }
  }

  /** Gives what {@link Ready#logReads} asked for; empty if it is no longer there. */
  public void entriesRead(LogRead read, List<LogEntry> entries) {
    if (role instanceof Leader leader && read.term() == term()) {
      leader.onEntriesRead(read, entries);
    }
  }

  /** Tells that the connection to a peer broke and a new one was refused. */
  public void unreachable(MemberId peer) {
    role.onUnreachable(peer);
  }

  /**
   * Starts to hand leadership over; this member leads.
   *
   * @param target or {@link MemberId#NONE} for the voter that is most up to date
   * @return why it cannot be; empty if it was started, or if the target leads already
   */
  public Optional<RaftException.Reason> transferLeadership(MemberId target) {
    return role instanceof Leader leader
        ? leader.transferTo(target)
        : Optional.of(RaftException.Reason.NO_LEADER);
  }

  /**
   * Changes the members; this member leads. The change is in force at once, and counts as made once
   * its entry is committed. Further steps that it takes follow by themselves.
   *
   * @return the configuration and its entry, which is this one's unless the change was made before
   *     or is a dry run; or why it is refused
   */
  public ChangeOutcome changeMembership(MembershipChange change) {
    return role instanceof Leader leader
        ? leader.changeMembership(change)
        : ChangeOutcome.refused(RaftException.Reason.NO_LEADER);
  }

  /** Tells that the others have removed this member: it campaigns no more. */
  public void removed() {
    isRemoved = true;
  }

  /** A message from another member arrived. */
  public void step(Message m) {
    if (m.term() > term()) {
      if (m instanceof Message.VoteRequest request && !request.isTransfer() && role.isSticky()) {
        // Not even the term is taken over: whoever asks cannot hear a leader that we hear (thesis
        // 4.2.3).
        out.send(new Message.VoteResponse(self, m.from(), term(), false, request.isPreVote()));
        return;
      }
      if (!carriesFutureTerm(m)) {
        becomeFollower(m.term(), isFromLeader(m) ? m.from() : MemberId.NONE);
      }
    } else if (m.term() < term()) {
      answerStale(m);
      return;
    }
    if (isFromLeader(m)) {
      followLeader(m.from());
    }
    dispatch(m);
  }

  private static boolean carriesFutureTerm(Message m) {
    return (m instanceof Message.VoteRequest request && request.isPreVote())
        || (m instanceof Message.VoteResponse response
            && response.isPreVote()
            && response.isGranted());
  }

  private static boolean isFromLeader(Message m) {
    return m instanceof Message.AppendRequest
        || m instanceof Message.HeartbeatRequest
        || m instanceof Message.SnapshotReceived;
  }

  /** A deposed leader, or a candidate behind the times, learns the term. */
  private void answerStale(Message m) {
    if (m instanceof Message.AppendRequest request) {
      replica.reject(request.from(), request.previous().index(), log.last());
    } else if (m instanceof Message.HeartbeatRequest) {
      // Not its number: who sent it may lead this term too by now, and count rounds anew.
      out.send(new Message.HeartbeatResponse(self, m.from(), term(), 0));
    } else if (m instanceof Message.VoteRequest request) {
      out.send(new Message.VoteResponse(self, m.from(), term(), false, request.isPreVote()));
    }
  }

  private void followLeader(MemberId leader) {
    Invariant.check(
        !(role instanceof Leader), "two leaders in term %d, one is %d", term(), leader.value());
    if (lostLeader.is(leader, term())) {
      return;
    }
    if (role instanceof Follower follower) {
      follower.leaderHeard(leader);
    } else {
      becomeFollower(term(), leader);
    }
  }

  private void dispatch(Message m) {
    if (m instanceof Message.AppendRequest request) {
      replica.onAppendRequest(request);
    } else if (m instanceof Message.HeartbeatRequest request) {
      replica.onHeartbeatRequest(request);
    } else if (m instanceof Message.VoteRequest request) {
      ballot.onVoteRequest(request);
    } else if (m instanceof Message.SnapshotReceived received) {
      replica.onSnapshotReceived(received);
    } else if (m instanceof Message.VoteResponse response) {
      role.onVoteResponse(response);
    } else if (m instanceof Message.AppendResponse response) {
      role.onAppendResponse(response);
    } else if (m instanceof Message.HeartbeatResponse response) {
      role.onHeartbeatResponse(response);
    } else if (m instanceof Message.ReadIndexRequest request) {
      role.onReadIndexRequest(request);
    } else if (m instanceof Message.ReadIndexResponse response) {
      role.onReadIndexResponse(response);
    } else if (m instanceof Message.TimeoutNow && role instanceof Follower && isVoter()) {
      becomeCandidate(true);
    }
  }

  // --- roles ------------------------------------------------------------------------------------

  void becomeFollower(long term, MemberId leader) {
    Invariant.check(term >= term(), "term %d after %d", term, term());
    if (term > term()) {
      hardState = new HardState(term, MemberId.NONE);
    }
    changeRole(new Follower(this, leader));
  }

  void becomePreCandidate() {
    if (!hasDurableTerm()) {
      // Our disk has not even taken this term. It would not take our vote in the next one either,
      // and each term that we asked for in vain would end the pre-votes of those who could win. The
      // next tick looks again.
      return;
    }
    PreCandidate candidate = new PreCandidate(this);
    changeRole(candidate);
    candidate.campaign();
  }

  /** Whether our disk has taken our term and vote. */
  boolean hasDurableTerm() {
    return log.durableHardState().equals(hardState);
  }

  /** Gives its vote of this term. */
  void voteFor(MemberId candidate) {
    electionTimer.voted();
    hardState = new HardState(term(), candidate);
  }

  void becomeCandidate(boolean isTransfer) {
    hardState = new HardState(term() + 1, self);
    Candidate candidate = new Candidate(this, isTransfer);
    changeRole(candidate);
    candidate.campaign();
  }

  void becomeLeader() {
    Leader leader = new Leader(this);
    changeRole(leader);
    electionTimer.leaderHeard();
    leader.append(LogEntry.Kind.NO_OP, 0, new byte[0]);
  }

  /** The process of the leader that we follow is gone. */
  void leaderLost(MemberId leader) {
    lostLeader = new LostLeader(leader, term(), LEFTOVER_HEARTBEATS * options.heartbeatTicks());
    electionTimer.leaderGone();
  }

  private void changeRole(Role next) {
    role.end();
    role = next;
  }

  // --- output -----------------------------------------------------------------------------------

  /** Takes what there is to do since the last call. */
  public Ready ready() {
    role.beforeReady();
    Optional<Persist> persist = out.takePersist(log, hardState);
    CommittedRange committed = nextCommitted();
    Optional<SnapshotMeta> wanted = snapshots.next(applyQueue.handedIndex());
    Ready ready = out.take(persist, committed, wanted, reachable());
    electionTimer.endTurn();
    return ready;
  }

  /**
   * Whom to talk to, as {@link Ready#reachable} tells when it changes; here also before the first
   * turn, when what the log ends with may not be committed.
   */
  public Configuration reachable() {
    Configuration reachable = role instanceof Leader l ? l.reachable() : configuration();
    // Nobody is told that it was removed before that is certain.
    if (configurationIndex() > commitIndex()) {
      reachable = reachable.withRemovedOf(log.configurationAt(commitIndex()));
    }
    // A leader that is removed has one more thing to say: who comes after it.
    return leader().isNone() || configuration().contains(leader())
        ? reachable
        : reachable.withLeaving(leader());
  }

  private CommittedRange nextCommitted() {
    // A snapshot is never of more than our own disk holds: stop there, so that it can be taken.
    boolean isSnapshotDue = snapshots.isDue(applyQueue.handedIndex());
    long last = isSnapshotDue ? Math.min(log.commitIndex(), log.durableIndex()) : log.commitIndex();
    CommittedRange range = applyQueue.next(log, last);
    snapshots.handed(range);
    evictTail();
    return range;
  }

  /**
   * A follower's state machine may lag far behind its disk; it reads what it lacks from there. A
   * leader's proposals wait for entries in memory, and are bounded by their number.
   */
  private void evictTail() {
    long handed = applyQueue.handedIndex();
    if (role instanceof Leader leader) {
      log.evictTail(handed, Math.min(handed, leader.matchedByAll()));
    } else {
      log.evictTail(log.lastIndex(), handed);
    }
  }

  private long oldestNeeded(long laggardsFrom) {
    return role instanceof Leader leader ? leader.oldestNeeded(laggardsFrom) : Long.MAX_VALUE;
  }

  // --- what roles use ---------------------------------------------------------------------------

  Outputs out() {
    return out;
  }

  /** Whether a vote is refused because a leader was heard lately. */
  boolean isSticky() {
    return role.isSticky();
  }

  long nextRemoteReadId() {
    return ++nextRemoteReadId;
  }

  /**
   * A leader said, or, leading, a quorum confirmed, that nothing after {@code index} is committed.
   */
  void noteContact(long index) {
    contacts++;
    contactIndex = index;
  }

  /** A follower no longer has what it once had on disk. */
  void noteLostLog() {
    lostLogs++;
  }

  Room room() {
    return disk.room(log.bytesOnTheWay());
  }

  RaftOptions options() {
    return options;
  }

  RaftLog log() {
    return log;
  }

  SnapshotMeta snapshot() {
    return snapshots.newest();
  }

  ElectionTimer electionTimer() {
    return electionTimer;
  }

  List<MemberId> otherVoters() {
    List<MemberId> voters = new ArrayList<>(configuration().voters());
    configuration().outgoingVoters().stream()
        .filter(id -> !voters.contains(id))
        .forEach(voters::add);
    voters.remove(self);
    return voters;
  }

  /**
   * Whether this member may campaign. Who is removed by an entry that is not known to be committed
   * still may: it can be the only one whose log is good enough (thesis figure 4.6).
   */
  boolean isVoter() {
    boolean isVoter =
        configuration().isVoter(self)
            || (configurationIndex() > commitIndex()
                && log.configurationAt(configurationIndex() - 1).isVoter(self));
    return isVoter && !isRemoved;
  }

  /** Whether this member has learned that it was removed. */
  public boolean isRemoved() {
    return isRemoved
        || (!configuration().contains(self)
            && log.configurationAt(commitIndex()).removed().contains(self));
  }

  // --- what the node shows ----------------------------------------------------------------------

  public MemberId self() {
    return self;
  }

  public long term() {
    return hardState.term();
  }

  public HardState hardState() {
    return hardState;
  }

  /** The leader of this term, or {@link MemberId#NONE}. */
  public MemberId leader() {
    return role.leader();
  }

  public RoleName roleName() {
    if (role instanceof Leader) {
      return RoleName.LEADER;
    } else if (role instanceof Candidate) {
      return RoleName.CANDIDATE;
    } else if (role instanceof PreCandidate) {
      return RoleName.PRE_CANDIDATE;
    }
    return RoleName.FOLLOWER;
  }

  public boolean isLeader() {
    return role instanceof Leader;
  }

  public boolean isTransferring() {
    return role instanceof Leader leader && leader.isTransferring();
  }

  /**
   * Whether the target has been told to campaign: from then on the transfer cannot be taken back.
   */
  public boolean isTransferTold() {
    return role instanceof Leader leader && leader.isTransferTold();
  }

  /** The configuration in force: the newest in the log, committed or not. */
  public Configuration configuration() {
    return log.configuration();
  }

  public long configurationIndex() {
    return log.configurationIndex();
  }

  public long firstIndex() {
    return log.baseIndex() + 1;
  }

  public EntryId lastEntry() {
    return log.last();
  }

  /** The latest cluster time of the entries that were in this log; 0 if there were none. */
  public long lastClusterTimeMillis() {
    return log.lastClusterTimeMillis();
  }

  public long commitIndex() {
    return log.commitIndex();
  }

  public long durableIndex() {
    return log.durableIndex();
  }

  public long appliedIndex() {
    return applyQueue.appliedIndex();
  }

  public long snapshotIndex() {
    return snapshots.newest().index();
  }

  /** Grows whenever a leader, or, leading, a quorum, told how far the log is committed. */
  public long contacts() {
    return contacts;
  }

  /** What the latest of them told: who has applied this index has everything that is committed. */
  public long contactIndex() {
    return contactIndex;
  }

  /** How often a follower was found without what it had acknowledged as durable. */
  public long lostLogs() {
    return lostLogs;
  }

  /** Leading: what is known of the others; else empty. In order of their ids. */
  public List<FollowerView> followers() {
    if (!(role instanceof Leader leader)) {
      return List.of();
    }
    return leader.followers().stream()
        .filter(follower -> !follower.isLeaving())
        .map(follower -> new FollowerView(follower.id, follower.match(), follower.isActive))
        .toList();
  }
}
