package io.raftkv.sim.rule;

import io.raftkv.raft.Message;
import java.util.HashMap;
import java.util.Map;

/**
 * The answer to a heartbeat names a round that its own term's leader has begun: leaders count anew,
 * so the number of an earlier one would confirm what has not happened yet (thesis 6.4).
 */
public final class AnsweredRounds extends Rule {
  private final int machines;

  /** By term: the latest round that each machine was sent. */
  private final Map<Long, long[]> begun = new HashMap<>();

  public AnsweredRounds(Verdict verdict, int machines) {
    super(verdict, "thesis 6.4");
    this.machines = machines;
  }

  @Override
  public void sending(Observed node, Message message) {
    if (message instanceof Message.HeartbeatRequest request) {
      long[] rounds = begun.computeIfAbsent(request.term(), term -> new long[machines]);
      int to = (int) request.to().value() - 1;
      rounds[to] = Math.max(rounds[to], request.readSequence());
    } else if (message instanceof Message.HeartbeatResponse response) {
      long[] rounds = begun.get(response.term());
      long latest = rounds == null ? 0 : rounds[node.machine()];
      if (response.readSequence() > latest) {
        broken(
            node,
            "answers round %d in term %d, which has begun %d",
            response.readSequence(),
            response.term(),
            latest);
      }
    }
  }
}
