package io.raftkv.service;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.raft.node.RaftNode;
import java.util.concurrent.CompletableFuture;

/** What the services need of a node. The contracts are those of {@link RaftNode}. */
interface Consensus {
  CompletableFuture<byte[]> propose(byte[] command);

  CompletableFuture<Void> readBarrier();

  default void together(Runnable calls) {
    calls.run();
  }

  CompletableFuture<MemberId> transferLeadership(MemberId target);

  CompletableFuture<Membership> changeMembership(MembershipChange change);

  NodeStatus status();

  static Consensus of(RaftNode node) {
    return new Consensus() {
      @Override
      public CompletableFuture<byte[]> propose(byte[] command) {
        return node.propose(command);
      }

      @Override
      public CompletableFuture<Void> readBarrier() {
        return node.readBarrier();
      }

      @Override
      public void together(Runnable calls) {
        node.together(calls);
      }

      @Override
      public CompletableFuture<MemberId> transferLeadership(MemberId target) {
        return node.transferLeadership(target);
      }

      @Override
      public CompletableFuture<Membership> changeMembership(MembershipChange change) {
        return node.changeMembership(change);
      }

      @Override
      public NodeStatus status() {
        return node.status();
      }
    };
  }
}
