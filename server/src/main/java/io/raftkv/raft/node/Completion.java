package io.raftkv.raft.node;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.Transport;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where the answer to a request goes: to a caller here, or to the member that forwarded it. */
interface Completion {
  void succeed(byte[] result);

  void fail(RaftException refusal);

  /** A caller in this process. Called on the apply lane only: callers' code runs in it. */
  record Local(CompletableFuture<byte[]> future) implements Completion {
    @Override
    public void succeed(byte[] result) {
      future.complete(result);
    }

    @Override
    public void fail(RaftException refusal) {
      future.completeExceptionally(refusal);
    }
  }

  /** Answers with this, whatever the state machine made of the entry. */
  record With(byte[] result, Completion completion) implements Completion {
    @Override
    public void succeed(byte[] ignored) {
      completion.succeed(result);
    }

    @Override
    public void fail(RaftException refusal) {
      completion.fail(refusal);
    }
  }

  /** A member that forwarded the request. */
  record Remote(Transport transport, MemberId self, MemberId from, long term, long forwardId)
      implements Completion {
    @Override
    public void succeed(byte[] result) {
      send(0, result);
    }

    @Override
    public void fail(RaftException refusal) {
      send(1 + refusal.reason().ordinal(), new byte[0]);
    }

    private void send(int failure, byte[] result) {
      transport.send(
          List.of(new Message.ForwardResult(self, from, term, forwardId, failure, result)));
    }
  }
}
