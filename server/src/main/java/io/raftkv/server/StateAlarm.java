package io.raftkv.server;

import io.raftkv.raft.node.NodeStatus;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says that replicas differ and nobody can tell yet which one is wrong; whoever is found to be
 * wrong stops. Run by one thread, now and then; alarms for any thread.
 */
final class StateAlarm implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(StateAlarm.class);

  private final String name;
  private final Supplier<NodeStatus> status;
  private boolean isSaid;

  StateAlarm(String name, Supplier<NodeStatus> status) {
    this.name = name;
    this.status = status;
  }

  @Override
  public void run() {
    boolean isInDoubt = status.get().isStateInDoubt();
    if (isInDoubt && !isSaid) {
      LOG.error("{}: {}", name, text(status.get()));
    }
    isSaid = isInDoubt;
  }

  List<String> alarms() {
    NodeStatus now = status.get();
    return now.isStateInDoubt() ? List.of(text(now)) : List.of();
  }

  private static String text(NodeStatus now) {
    return "STATE_DIFFERS: replicas differ after entry "
        + now.agreedIndex()
        + " and too few answer to tell which one is wrong; start the members that are down";
  }
}
