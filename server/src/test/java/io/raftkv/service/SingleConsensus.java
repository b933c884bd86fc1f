package io.raftkv.service;

import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.node.NodeClock;
import io.raftkv.raft.node.NodeStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A log of one, applied at once to a real state machine, or to several: the members of a cluster
 * without the cluster. Held proposals and barriers complete when the test says so.
 */
final class SingleConsensus implements Consensus {
  static final MemberId SELF = new MemberId(0xF00000000000001L);
  static final MemberId OTHER = new MemberId(0xF00000000000002L);
  static final MemberId LEARNER = new MemberId(0xF00000000000003L);

  private final NodeClock clock;
  private final KvStateMachine store;
  private final List<KvStateMachine> replicas;
  private final Queue<Runnable> held = new ArrayDeque<>();
  private final List<byte[]> proposed = new ArrayList<>();
  private long lastIndex;
  private long clusterTimeMillis;
  private int barriers;
  boolean isHolding;
  @Nullable RaftException proposalFailure;
  @Nullable RaftException barrierFailure;
  @Nullable RuntimeException defect;
  MemberId leader = SELF;
  long freshAtNanos;
  long commitIndexLead;
  MemberId transferredTo = MemberId.NONE;
  final List<MembershipChange> changes = new ArrayList<>();
  @Nullable RaftException changeFailure;

  SingleConsensus(NodeClock clock, KvStateMachine store, KvStateMachine... replicas) {
    this.clock = clock;
    this.store = store;
    this.replicas = List.of(replicas);
    this.freshAtNanos = clock.nanoTime();
  }

  @Override
  public synchronized CompletableFuture<byte[]> propose(byte[] command) {
    proposed.add(command);
    if (defect != null) {
      throw defect;
    }
    if (proposalFailure != null) {
      return CompletableFuture.failedFuture(proposalFailure);
    }
    CompletableFuture<byte[]> done = new CompletableFuture<>();
    Runnable work = () -> done.complete(apply(command));
    if (isHolding) {
      held.add(work);
    } else {
      work.run();
    }
    return done;
  }

  private byte[] apply(byte[] command) {
    clusterTimeMillis = Math.max(clusterTimeMillis, clock.wallMillis());
    LogEntry entry =
        new LogEntry(++lastIndex, 1, LogEntry.Kind.COMMAND, clusterTimeMillis, command);
    replicas.forEach(replica -> replica.apply(List.of(entry)));
    return store.apply(List.of(entry)).get(0);
  }

  /** How often one was asked for. */
  synchronized int barriers() {
    return barriers;
  }

  @Override
  public synchronized CompletableFuture<Void> readBarrier() {
    barriers++;
    if (barrierFailure != null) {
      return CompletableFuture.failedFuture(barrierFailure);
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    if (isHolding) {
      held.add(() -> done.complete(null));
    } else {
      done.complete(null);
    }
    return done;
  }

  /** Carries out what was held, in order. */
  synchronized void release() {
    isHolding = false;
    for (Runnable work = held.poll(); work != null; work = held.poll()) {
      work.run();
    }
  }

  synchronized int proposals() {
    return proposed.size();
  }

  @Override
  public CompletableFuture<Membership> changeMembership(MembershipChange change) {
    changes.add(change);
    return changeFailure == null
        ? CompletableFuture.completedFuture(new Membership(9, status().configuration()))
        : CompletableFuture.failedFuture(changeFailure);
  }

  @Override
  public CompletableFuture<MemberId> transferLeadership(MemberId target) {
    transferredTo = target;
    leader = target.isNone() ? OTHER : target;
    return CompletableFuture.completedFuture(leader);
  }

  @Override
  public NodeStatus status() {
    boolean isLeader = leader.equals(SELF);
    Configuration configuration =
        Configuration.of(
            List.of(
                new Member(SELF, "n1", "127.0.0.1:7401", true),
                new Member(OTHER, "n2", "127.0.0.1:7411", true),
                new Member(LEARNER, "n3", "127.0.0.1:7421", false)));
    return new NodeStatus(
        SELF,
        isLeader ? NodeStatus.Role.LEADER : NodeStatus.Role.FOLLOWER,
        7,
        leader,
        configuration,
        3,
        1,
        lastIndex + commitIndexLead,
        lastIndex + commitIndexLead,
        lastIndex,
        lastIndex,
        0,
        false,
        freshAtNanos,
        0,
        false,
        isLeader
            ? List.of(
                new NodeStatus.Follower(OTHER, lastIndex, true),
                new NodeStatus.Follower(LEARNER, 0, false))
            : List.of());
  }
}
