package io.raftkv.server;

import io.raftkv.raft.node.NodeStatus;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says, once, that this member was removed from its cluster. Run by one thread, now and then. */
final class RemovalNotice implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RemovalNotice.class);

  private final String name;
  private final Supplier<NodeStatus> status;
  private boolean isSaid;

  RemovalNotice(String name, Supplier<NodeStatus> status) {
    this.name = name;
    this.status = status;
  }

  @Override
  public void run() {
    if (!isSaid && status.get().isRemoved()) {
      isSaid = true;
      LOG.warn(
          "{} was removed from the cluster and takes no part any more: stop it; a new member starts"
              + " with an empty data directory",
          name);
    }
  }
}
