package io.raftkv.raft.node;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import java.util.concurrent.CompletableFuture;

/** What a caller asks of the core lane. */
sealed interface Request {
  record Propose(byte[] command, Completion completion) implements Request {}

  record Read(CompletableFuture<Void> future) implements Request {}

  record Change(MembershipChange change, Completion completion) implements Request {}

  record Transfer(MemberId target, Completion completion) implements Request {}
}
