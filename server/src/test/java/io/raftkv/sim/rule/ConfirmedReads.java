package io.raftkv.sim.rule;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.node.NodeStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A leader confirms a read only by a round that began after the read had arrived, and that a quorum
 * has answered (thesis 6.4, design law 7). Looks at reads of followers: a leader's own take the
 * same way.
 */
public final class ConfirmedReads extends Rule {
  /** What one leader has sent and heard in its term. */
  private static final class Leadership {
    final long term;
    final long[] answered;
    long round;

    Leadership(long term, int machines) {
      this.term = term;
      answered = new long[machines];
    }
  }

  private record Read(int leader, MemberId from, long readId) {}

  /**
   * @param round the latest one that had begun
   */
  private record Arrival(long term, long round) {}

  private final @Nullable Leadership[] leaderships;
  private final Map<Read, Arrival> arrivals = new HashMap<>();

  public ConfirmedReads(Verdict verdict, int machines) {
    super(verdict, "thesis 6.4, design law 7");
    leaderships = new Leadership[machines];
  }

  @Override
  public void started(Observed node) {
    leaderships[node.machine()] = null;
  }

  @Override
  public void receiving(Observed node, Message message) {
    Leadership led = leaderships[node.machine()];
    if (message instanceof Message.ReadIndexRequest request) {
      // It may come twice; the first one is answered first.
      arrivals.putIfAbsent(
          new Read(node.machine(), request.from(), request.readId()),
          led == null ? new Arrival(0, 0) : new Arrival(led.term, led.round));
    } else if (message instanceof Message.HeartbeatResponse response
        && led != null
        && response.term() == led.term) {
      int from = (int) response.from().value() - 1;
      led.answered[from] = Math.max(led.answered[from], response.readSequence());
    }
  }

  @Override
  public void sending(Observed node, Message message) {
    Leadership led = leaderships[node.machine()];
    if (message instanceof Message.HeartbeatRequest request) {
      if (led == null || led.term != request.term()) {
        led = new Leadership(request.term(), leaderships.length);
        leaderships[node.machine()] = led;
      }
      led.round = Math.max(led.round, request.readSequence());
    } else if (message instanceof Message.ReadIndexResponse response && response.isConfirmed()) {
      Arrival arrival = arrivals.remove(new Read(node.machine(), response.to(), response.readId()));
      if (arrival != null) {
        confirming(node, response, arrival);
      }
    }
  }

  private void confirming(Observed node, Message.ReadIndexResponse response, Arrival arrival) {
    Leadership led = leaderships[node.machine()];
    NodeStatus status = node.status();
    if (led == null || status == null || led.term != response.term()) {
      return;
    }
    long before = arrival.term == led.term ? arrival.round : 0;
    List<MemberId> voters = status.configuration().voters();
    int count = 0;
    for (MemberId voter : voters) {
      boolean hasAnswered =
          voter.equals(node.id()) || led.answered[(int) voter.value() - 1] > before;
      count += hasAnswered ? 1 : 0;
    }
    if (count <= voters.size() / 2) {
      broken(
          node,
          "confirms a read that came after round %d; only %d of %d voters have answered a later one",
          before,
          count,
          voters.size());
    }
  }
}
