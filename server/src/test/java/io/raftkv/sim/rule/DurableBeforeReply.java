package io.raftkv.sim.rule;

import io.raftkv.raft.HardState;
import io.raftkv.raft.Message;
import io.raftkv.sim.disk.LogImage;

/**
 * "Updated on stable storage before responding to RPCs" (figure 2, design law 1): term and vote
 * before a vote is given or asked for, entries before they are acknowledged.
 */
public final class DurableBeforeReply extends Rule {
  public DurableBeforeReply(Verdict verdict) {
    super(verdict, "figure 2, design law 1");
  }

  @Override
  public void sending(Observed node, Message message) {
    LogImage disk = node.log().durable();
    HardState hardState = disk.hardState();
    if (message instanceof Message.VoteResponse response) {
      boolean isDurable =
          hardState.term() > response.term()
              || (hardState.term() == response.term()
                  && hardState.votedFor().equals(response.to()));
      if (response.isGranted() && !response.isPreVote() && !isDurable) {
        broken(node, "gives its vote before it is on the disk: %s, has %s", response, hardState);
      }
    } else if (message instanceof Message.VoteRequest request) {
      // Votes for a term that the candidate forgets would count for it with a shorter log.
      if (!request.isPreVote() && hardState.term() < request.term()) {
        broken(node, "campaigns in a term that is not on its disk: %s", request);
      }
    } else if (message instanceof Message.AppendResponse response) {
      // In a later term the disk may already have dropped what the old leader is told of; nothing
      // of it can be committed without a vote that knew of it.
      long onDisk = Math.max(disk.lastIndex(), node.snapshots().latest().index());
      if (response.isSuccess()
          && hardState.term() <= response.term()
          && onDisk < response.matchIndex()) {
        broken(node, "acknowledges %d, its disk ends at %d", response.matchIndex(), onDisk);
      }
    }
  }
}
