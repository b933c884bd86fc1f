package io.raftkv.sim;

import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Effects;
import java.util.List;

/** Notices appends that leave while one before them is still unanswered. */
final class Pipelines {
  private final int machines;
  private final Effects effects;

  // By link: the leader's term, the last index that was sent in it and the last one acknowledged.
  private final long[] terms;
  private final long[] sent;
  private final long[] acknowledged;

  Pipelines(int machines, Effects effects) {
    this.machines = machines;
    this.effects = effects;
    terms = new long[machines * machines];
    sent = new long[machines * machines];
    acknowledged = new long[machines * machines];
  }

  void sending(Message message) {
    if (message instanceof Message.Forward) {
      effects.saw(Effect.REQUEST_FORWARDED);
    } else if (message instanceof Message.AppendRequest request && !request.entries().isEmpty()) {
      int link = link(request.from(), request.to());
      long previous = request.previous().index();
      if (terms[link] == request.term()
          && sent[link] == previous
          && acknowledged[link] < previous) {
        effects.saw(Effect.APPENDS_PIPELINED);
      }
      if (terms[link] != request.term()) {
        acknowledged[link] = previous;
      }
      terms[link] = request.term();
      List<LogEntry> entries = request.entries();
      sent[link] = entries.get(entries.size() - 1).index();
    }
  }

  void delivered(Message message) {
    if (message instanceof Message.AppendResponse response && response.isSuccess()) {
      int link = link(response.to(), response.from());
      if (terms[link] == response.term()) {
        acknowledged[link] = Math.max(acknowledged[link], response.matchIndex());
      }
    }
  }

  private int link(MemberId from, MemberId to) {
    return (int) (from.value() - 1) * machines + (int) (to.value() - 1);
  }
}
