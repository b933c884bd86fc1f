package io.raftkv.raft.node;

import io.raftkv.raft.MemberId;
import java.util.concurrent.CompletableFuture;

/** What a caller asks of the core lane. */
sealed interface Request {
  record Propose(byte[] command, Completion completion) implements Request {}

  record Read(CompletableFuture<Void> future) implements Request {}

  record Transfer(MemberId target, Completion completion) implements Request {}
}
