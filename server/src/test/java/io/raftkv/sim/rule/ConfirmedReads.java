package io.raftkv.sim.rule;

import io.raftkv.raft.Configuration;
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
 *
 * <p>In one turn a leader may take another configuration into force and then confirm by it; what it
 * says of itself is known only when the turn has ended.
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

  /**
   * A read that the configuration before the turn does not confirm.
   *
   * @param round the latest one that had begun when it arrived
   */
  private record Doubt(Leadership led, long round) {}

  private final @Nullable Leadership[] leaderships;
  private final @Nullable Doubt[] doubts;
  private final Map<Read, Arrival> arrivals = new HashMap<>();

  public ConfirmedReads(Verdict verdict, int machines) {
    super(verdict, "thesis 6.4, design law 7");
    leaderships = new Leadership[machines];
    doubts = new Doubt[machines];
  }

  @Override
  public void started(Observed node) {
    leaderships[node.machine()] = null;
    doubts[node.machine()] = null;
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    decide(node, now.configuration());
  }

  /** At the latest before the next turn. */
  private void decide(Observed node, Configuration configuration) {
    Doubt doubt = doubts[node.machine()];
    doubts[node.machine()] = null;
    if (doubt != null && !isConfirmed(node, configuration, doubt)) {
      broken(
          node,
          "confirms a read that came after round %d; too few of the voters %s have answered a later one",
          doubt.round,
          configuration.voters());
    }
  }

  @Override
  public void receiving(Observed node, Message message) {
    NodeStatus status = node.status();
    if (status != null) {
      decide(node, status.configuration());
    }
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
    Doubt doubt = new Doubt(led, arrival.term == led.term ? arrival.round : 0);
    Doubt earlier = doubts[node.machine()];
    boolean isHarder = earlier == null || earlier.round < doubt.round;
    if (isHarder && !isConfirmed(node, status.configuration(), doubt)) {
      doubts[node.machine()] = doubt;
    }
  }

  private static boolean isConfirmed(Observed node, Configuration configuration, Doubt doubt) {
    return isConfirmed(node, configuration.voters(), doubt)
        && (!configuration.isJoint() || isConfirmed(node, configuration.outgoingVoters(), doubt));
  }

  private static boolean isConfirmed(Observed node, List<MemberId> voters, Doubt doubt) {
    int count = 0;
    for (MemberId voter : voters) {
      boolean hasAnswered =
          voter.equals(node.id()) || doubt.led.answered[(int) voter.value() - 1] > doubt.round;
      count += hasAnswered ? 1 : 0;
    }
    return count > voters.size() / 2;
  }
}
