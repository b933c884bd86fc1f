package io.raftkv.sim.rule;

import io.raftkv.raft.HardState;
import io.raftkv.raft.Message;
import io.raftkv.sim.disk.LogImage;
import java.util.TreeMap;

/**
 * "Updated on stable storage before responding to RPCs" (figure 2, design law 1): term and vote
 * before a vote is given or asked for, entries before they are acknowledged.
 */
public final class DurableBeforeReply extends Rule {
  /** Answers to leaders before these are no longer compared with what they sent. */
  private static final int LEADERS_MAX = 8;

  /** By term. */
  private final TreeMap<Long, SentLog> leaders = new TreeMap<>();

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
      // Votes for a term that the candidate forgets would count for it with a shorter log; one that
      // forgets its own vote may give it to another.
      boolean isDurable =
          hardState.term() > request.term()
              || (hardState.term() == request.term()
                  && hardState.votedFor().equals(request.from()));
      if (!request.isPreVote() && !isDurable) {
        broken(node, "campaigns before its vote is on the disk: %s, has %s", request, hardState);
      }
    } else if (message instanceof Message.AppendRequest request) {
      leaders.computeIfAbsent(request.term(), term -> new SentLog()).sent(request);
      while (leaders.size() > LEADERS_MAX) {
        leaders.pollFirstEntry();
      }
    } else if (message instanceof Message.AppendResponse response && response.isSuccess()) {
      // In a later term the disk may already have dropped what the old leader is told of; nothing
      // of it can be committed without a vote that knew of it.
      if (hardState.term() <= response.term()) {
        acknowledging(node, response);
      }
    }
  }

  private void acknowledging(Observed node, Message.AppendResponse response) {
    LogImage disk = node.log().durable();
    long index = response.matchIndex();
    if (index <= Math.max(disk.base().index(), node.snapshots().latest().index())) {
      return;
    }
    if (index > disk.lastIndex()) {
      broken(node, "acknowledges %d, its disk ends at %d", index, disk.lastIndex());
      return;
    }
    SentLog leader = leaders.get(response.term());
    long term = leader == null ? SentLog.UNKNOWN : leader.termAt(index);
    if (term != SentLog.UNKNOWN && term != disk.termAt(index)) {
      broken(
          node,
          "acknowledges %d of term %d, its disk has term %d there",
          index,
          term,
          disk.termAt(index));
    }
  }
}
