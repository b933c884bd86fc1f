package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.Room;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Replicates, commits, confirms reads, and steps down when a quorum no longer answers (Raft paper
 * 5.3, 5.4; thesis 6.2, 6.4).
 */
final class Leader extends Role {
  /** A follower whose disk takes nothing for so many election timeouts counts for no quorum. */
  private static final int STALL_TIMEOUTS = 3;

  private final List<Progress> followers = new ArrayList<>();
  private final ReadRounds rounds;
  private final LeaderMembership membership;
  private final LeaderDisk disk;
  private @Nullable Transfer transfer;

  /** No longer a voter; the transfer, if there is one, is the last thing that it does. */
  private boolean isAbdicating;

  private int ticksSinceAsked;
  private int ticksLed;

  /** Since the core last let anything out. */
  private int ticksInTurn;

  /** Bytes of entries that are not committed yet. */
  private long uncommittedBytes;

  Leader(RaftCore core) {
    super(core);
    rounds = new ReadRounds(core);
    membership = new LeaderMembership(core, this);
    disk = new LeaderDisk(core, this);
    followConfiguration();
    for (long index = firstUncommittedInTail(); index <= core.log().lastIndex(); index++) {
      uncommittedBytes += core.log().entry(index).sizeBytes();
    }
  }

  /** The configuration in force is a new one: whom to send to from now on. */
  void followConfiguration() {
    Configuration configuration = core.configuration();
    for (MemberId id : configuration.everybody()) {
      if (!id.equals(core.self()) && find(id) == null) {
        followers.add(new Progress(id, core.log().lastIndex() + 1));
      }
    }
    followers.forEach(follower -> follower.leaves(!configuration.contains(follower.id)));
  }

  /** The configuration in force, and those whom we still have to tell that they left. */
  Configuration reachable() {
    List<MemberId> leaving = new ArrayList<>(0);
    for (Progress follower : followers) {
      if (follower.isLeaving()) {
        leaving.add(follower.id);
      }
    }
    return leaving.isEmpty() ? core.configuration() : core.configuration().withOutgoing(leaving);
  }

  private long firstUncommittedInTail() {
    return Math.max(core.log().commitIndex() + 1, core.log().tailFirstIndex());
  }

  @Override
  MemberId leader() {
    return core.self();
  }

  /** A leader that a quorum answers is heard by itself. */
  @Override
  boolean isSticky() {
    return true;
  }

  List<Progress> followers() {
    return followers;
  }

  // --- proposals -------------------------------------------------------------------------------

  Optional<RaftException.Reason> refusal() {
    if (transfer != null || isAbdicating || membership.isRemoved()) {
      return Optional.of(RaftException.Reason.TRANSFERRING);
    }
    long bytesMax = core.options().uncommittedBytesMax();
    return uncommittedBytes >= bytesMax || core.log().isDiskBehind(bytesMax)
        ? Optional.of(RaftException.Reason.QUEUE_FULL)
        : Optional.empty();
  }

  /** Whether a quorum has room, our own disk aside, as far as is known. */
  Room roomToPropose() {
    return disk.roomToPropose();
  }

  void append(LogEntry.Kind kind, long clusterTimeMillis, byte[] data) {
    RaftLog log = core.log();
    long time = Math.max(clusterTimeMillis, log.lastClusterTimeMillis());
    LogEntry entry = new LogEntry(log.lastIndex() + 1, core.term(), kind, time, data);
    log.append(entry);
    uncommittedBytes += entry.sizeBytes();
  }

  // --- replication -----------------------------------------------------------------------------

  @Override
  void beforeReady() {
    ticksInTurn = 0;
    membership.advance();
    if (!core.isLeader()) {
      return;
    }
    if (rounds.isDue()) {
      beginRound();
    }
    for (Progress follower : followers) {
      replicate(follower);
    }
  }

  private void replicate(Progress follower) {
    RaftLog log = core.log();
    while (follower.isOpen(core.options())) {
      long next = follower.next();
      if (follower.isReplicating() && next > log.lastIndex()) {
        return;
      }
      if (next - 1 < log.baseIndex()) {
        sendSnapshot(follower);
        return;
      }
      if (next <= log.lastIndex() && !log.isInTail(next)) {
        follower.awaitEntries();
        out.readLog(
            new LogRead(
                follower.id,
                core.term(),
                next,
                log.tailFirstIndex(),
                core.options().appendBytesMax()));
        return;
      }
      RaftOptions options = core.options();
      sendEntries(
          follower,
          log.slice(
              next, log.lastIndex() + 1, options.appendEntriesMax(), options.appendBytesMax()));
    }
  }

  private void sendEntries(Progress follower, List<LogEntry> entries) {
    RaftLog log = core.log();
    EntryId previous = log.id(follower.next() - 1);
    long commitIndex = commitIndexToTell();
    out.send(
        new Message.AppendRequest(
            core.self(), follower.id, core.term(), previous, entries, commitIndex));
    follower.sent(entries);
    follower.commitSent = commitIndex;
  }

  /** Entries that were no longer in memory have been read from the log. */
  void onEntriesRead(LogRead read, List<LogEntry> entries) {
    Progress follower = find(read.follower());
    if (follower == null) {
      return;
    }
    follower.entriesRead();
    // The log may have been compacted, or the follower's progress moved, while they were read.
    boolean isNext = read.from() == follower.next() && follower.isOpen(core.options());
    if (isNext && !entries.isEmpty() && core.log().baseIndex() < read.from()) {
      sendEntries(follower, entries);
    }
  }

  private void sendSnapshot(Progress follower) {
    if (!follower.isActive) {
      // It would be a transfer to nobody; a heartbeat's answer brings us back here.
      follower.awaitContact();
      return;
    }
    follower.startSnapshot(core.snapshot().index());
    out.transferSnapshot(new SnapshotTransfer(follower.id, core.term(), core.snapshot()));
  }

  void onSnapshotSent(SnapshotTransfer transfer, boolean isAccepted) {
    Progress follower = find(transfer.to());
    if (follower != null && follower.isInSnapshot(transfer.meta().index())) {
      follower.snapshotEnded(isAccepted);
    }
  }

  @Override
  void onAppendResponse(Message.AppendResponse m) {
    Progress follower = find(m.from());
    if (follower == null) {
      return;
    }
    follower.heard();
    RaftLog log = core.log();
    if (!m.isSuccess()) {
      if (follower.rejected(m.rejectedIndex(), log.agreementAtBest(m.conflict()))) {
        core.noteLostLog();
      }
      return;
    }
    if (m.matchIndex() > log.lastIndex()) {
      return;
    }
    follower.accepted(m.matchIndex(), log.baseIndex());
    commit();
    tellTransferTarget();
  }

  @Override
  void onUnreachable(MemberId peer) {
    Progress follower = find(peer);
    if (follower != null && !follower.isInSnapshot()) {
      follower.awaitContact();
    }
  }

  // --- commit ----------------------------------------------------------------------------------

  /**
   * Our own disk works in parallel with the followers': it may be the last of the quorum, or not.
   */
  @Override
  void onDurable() {
    commit();
  }

  /**
   * What followers may apply. After a restart of the whole cluster each member has its log to apply
   * anew, and clients wait for the leader alone: on a machine that they share it goes first.
   */
  private long commitIndexToTell() {
    RaftLog log = core.log();
    long applied = core.appliedIndex();
    return log.term(applied) == core.term() ? log.commitIndex() : applied;
  }

  private void commit() {
    RaftLog log = core.log();
    long index = Quorum.reachedByQuorum(core.configuration(), this::durableIndex);
    // Only entries of the current term are committed by counting replicas (5.4.2); an older one may
    // still be overwritten by a leader that never saw it (figure 8).
    if (log.term(index) != core.term()) {
      return;
    }
    for (long i = firstUncommittedInTail(); i <= index; i++) {
      uncommittedBytes -= log.entry(i).sizeBytes();
    }
    if (log.commitTo(index)) {
      rounds.committed(index);
    }
  }

  private long durableIndex(MemberId voter) {
    if (voter.equals(core.self())) {
      return core.log().durableIndex();
    }
    Progress follower = find(voter);
    return follower == null ? 0 : follower.match();
  }

  // --- heartbeats and reads --------------------------------------------------------------------

  @Override
  void readIndex(long readId) {
    rounds.read(core.self(), readId);
  }

  @Override
  void onReadIndexRequest(Message.ReadIndexRequest m) {
    rounds.read(m.from(), m.readId());
  }

  private void beginRound() {
    rounds.begin();
    followers.forEach(this::sendHeartbeat);
    confirmRounds();
  }

  private void sendHeartbeat(Progress follower) {
    // Beyond its match the follower's log may not agree with ours (5.3).
    follower.commitSent = Math.min(commitIndexToTell(), follower.match());
    out.send(
        new Message.HeartbeatRequest(
            core.self(),
            follower.id,
            core.term(),
            follower.commitSent,
            rounds.round(),
            committedAtMost()));
  }

  /**
   * Nothing after it is committed. Before the first commit of its term a leader does not know more
   * than that everything committed is in its log (§8).
   */
  private long committedAtMost() {
    RaftLog log = core.log();
    return log.term(log.commitIndex()) == core.term() ? log.commitIndex() : log.lastIndex();
  }

  @Override
  void onHeartbeatResponse(Message.HeartbeatResponse m) {
    Progress follower = find(m.from());
    if (follower != null) {
      follower.heard();
      follower.round = Math.max(follower.round, m.readSequence());
      follower.has(m.room());
      confirmRounds();
    }
  }

  private void confirmRounds() {
    long answered = Quorum.reachedByQuorum(core.configuration(), this::answeredRound);
    rounds.confirm(answered, committedAtMost());
  }

  private long answeredRound(MemberId voter) {
    if (voter.equals(core.self())) {
      return rounds.round();
    }
    Progress follower = find(voter);
    return follower == null ? 0 : follower.round;
  }

  // --- time ------------------------------------------------------------------------------------

  @Override
  void tick() {
    int electionTicks = core.options().electionTicks();
    // Ticks that come together are those of a pause: the answers of that time may be on their way.
    if (++ticksInTurn <= core.options().heartbeatTicks()) {
      followers.forEach(follower -> follower.tick(electionTicks, core.log().lastIndex()));
      ticksLed = Math.min(ticksLed + 1, electionTicks);
      if (ticksLed == electionTicks && !isQuorumWell()) {
        // A leader that no quorum answers must not keep others from electing one (thesis 6.2).
        core.becomeFollower(core.term(), MemberId.NONE);
        return;
      }
    }
    followers.removeIf(follower -> follower.hasLeft(2 * electionTicks));
    disk.tick();
    if (transfer != null && transfer.tick(electionTicks)) {
      transfer = null;
    }
    // Not bound to the rounds, which reads begin much more often.
    if (++ticksSinceAsked >= core.options().heartbeatTicks()) {
      ticksSinceAsked = 0;
      followers.forEach(this::askIfSilent);
      membership.heartbeatDue();
    }
    if (!rounds.tick()) {
      followers.forEach(this::sendCommitIfIdle);
    }
  }

  private boolean isQuorumWell() {
    return Quorum.isQuorum(core.configuration(), this::isWell);
  }

  /**
   * A quorum that answers heartbeats while its disks take nothing commits nothing, and those of it
   * that are well refuse to elect a leader which might.
   */
  private boolean isWell(MemberId member) {
    int ticksMax = STALL_TIMEOUTS * core.options().electionTicks();
    Progress follower = find(member);
    return member.equals(core.self())
        || (follower != null && follower.isActive && !follower.isStalled(ticksMax));
  }

  boolean isActive(MemberId member) {
    Progress follower = find(member);
    return member.equals(core.self()) || (follower != null && follower.isActive);
  }

  /** Whether it answers, or has had no time to since we lead. */
  boolean mayBeActive(MemberId member) {
    return ticksLed < core.options().electionTicks() || isActive(member);
  }

  /** Entries in flight and no answer for a heartbeat: were they lost? An empty append finds out. */
  private void askIfSilent(Progress follower) {
    if (follower.isReplicating()
        && !follower.hasAnswered
        && follower.match() < follower.next() - 1) {
      if (core.log().baseIndex() < follower.next()) {
        sendEntries(follower, List.of());
      } else {
        // What is in flight is no longer in the log: it cannot even be asked for.
        follower.connectionLost();
      }
    }
    follower.heartbeatDue();
  }

  /** With nothing to replicate, followers learn the commit index within a tick. */
  private void sendCommitIfIdle(Progress follower) {
    if (follower.commitSent < Math.min(commitIndexToTell(), follower.match())) {
      sendHeartbeat(follower);
    }
  }

  // --- transfer --------------------------------------------------------------------------------

  Optional<RaftException.Reason> transferTo(MemberId wanted) {
    MemberId target = wanted;
    if (wanted.isNone()) {
      Progress best = mostUpToDate(follower -> true);
      target = best == null ? MemberId.NONE : best.id;
    }
    if (target.equals(core.self())) {
      return Optional.empty();
    }
    Progress follower = find(target);
    if (follower == null) {
      return Optional.of(
          wanted.isNone()
              ? RaftException.Reason.TRANSFER_FAILED
              : RaftException.Reason.MEMBER_NOT_FOUND);
    }
    if (!core.configuration().isVoter(target)) {
      return Optional.of(RaftException.Reason.TRANSFER_FAILED);
    }
    transfer = new Transfer(target);
    tellTransferTarget();
    return Optional.empty();
  }

  boolean isTransferring() {
    return transfer != null;
  }

  boolean isTransferTold() {
    return transfer != null && transfer.isTold();
  }

  /** Of the voters that answer, the one of those wanted; null if there is none. */
  @Nullable Progress mostUpToDate(Predicate<Progress> isWanted) {
    Progress best = null;
    for (Progress follower : followers) {
      boolean canLead =
          follower.isActive && core.configuration().isVoter(follower.id) && isWanted.test(follower);
      if (canLead && (best == null || follower.match() > best.match())) {
        best = follower;
      }
    }
    return best;
  }

  private void tellTransferTarget() {
    if (transfer == null) {
      return;
    }
    Progress target = find(transfer.target);
    boolean isUpToDate = target != null && target.match() == core.log().lastIndex();
    if (isUpToDate && transfer.tellOnce()) {
      out.send(new Message.TimeoutNow(core.self(), transfer.target, core.term()));
    }
  }

  // --- members ---------------------------------------------------------------------------------

  ChangeOutcome changeMembership(MembershipChange change) {
    return membership.change(change);
  }

  /** Leads no more: hands over as well as it can, so that nobody waits for the silence. */
  void abdicate() {
    boolean isFirst = !isAbdicating;
    isAbdicating = true;
    boolean isHandingOver = isFirst && transferTo(MemberId.NONE).isEmpty();
    if (!isHandingOver) {
      core.becomeFollower(core.term(), MemberId.NONE);
    }
  }

  // --- end -------------------------------------------------------------------------------------

  @Override
  void end() {
    rounds.end();
    core.electionTimer().restart();
  }

  /** Up to here every follower has the entries of this log. */
  long matchedByAll() {
    long matched = core.log().lastIndex();
    for (Progress follower : followers) {
      matched = Math.min(matched, follower.match());
    }
    return matched;
  }

  /** The oldest index that a follower being brought up to date still needs. */
  long oldestNeeded(long laggardsFrom) {
    long oldest = Long.MAX_VALUE;
    for (Progress follower : followers) {
      boolean isCatchingUp = follower.isActive && follower.needed() >= laggardsFrom;
      if (follower.isInSnapshot() || isCatchingUp) {
        oldest = Math.min(oldest, follower.needed());
      }
    }
    return oldest;
  }

  @Nullable Progress find(MemberId id) {
    for (Progress follower : followers) {
      if (follower.id.equals(id)) {
        return follower;
      }
    }
    return null;
  }
}
