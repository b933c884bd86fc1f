package io.raftkv.sim.rule;

import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import java.util.HashMap;
import java.util.Map;

/** A member votes at most once in a term, as seen on the wire and on its disk (5.2, figure 2). */
public final class OneVotePerTerm extends Rule {
  private record Ballot(MemberId voter, long term) {}

  private final Map<Ballot, MemberId> votes = new HashMap<>();

  public OneVotePerTerm(Verdict verdict) {
    super(verdict, "5.2, figure 2");
  }

  @Override
  public void sending(Observed node, Message message) {
    if (message instanceof Message.VoteResponse response) {
      if (response.isGranted() && !response.isPreVote()) {
        voted(node, response.term(), response.to());
      }
    } else if (message instanceof Message.VoteRequest request && !request.isPreVote()) {
      voted(node, request.term(), request.from());
    }
  }

  @Override
  public void savingHardState(Observed node, HardState now) {
    HardState before = node.log().live().hardState();
    if (now.term() < before.term()) {
      broken(node, "term falls from %d to %d on the disk", before.term(), now.term());
    } else if (now.term() == before.term()
        && !before.votedFor().isNone()
        && !now.votedFor().equals(before.votedFor())) {
      broken(node, "changes its vote in term %d on the disk", now.term());
    }
  }

  private void voted(Observed node, long term, MemberId candidate) {
    MemberId other = votes.put(new Ballot(node.id(), term), candidate);
    if (other != null && !other.equals(candidate)) {
      broken(node, "votes in term %d for %d after %d", term, candidate.value(), other.value());
    }
  }
}
