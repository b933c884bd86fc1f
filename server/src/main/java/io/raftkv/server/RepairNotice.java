package io.raftkv.server;

import io.raftkv.raft.node.NodeStatus;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says, once, that a member that was repaired votes again. Run by one thread, now and then. */
final class RepairNotice implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RepairNotice.class);

  private final String name;
  private final Path aside;
  private final Supplier<NodeStatus> status;
  private boolean isSaid;

  /**
   * @param aside where its damaged files are
   */
  RepairNotice(String name, Path aside, Supplier<NodeStatus> status) {
    this.name = name;
    this.aside = aside;
    this.status = status;
  }

  @Override
  public void run() {
    NodeStatus now = status.get();
    if (!isSaid && now.configuration().isVoter(now.self())) {
      isSaid = true;
      LOG.info("{} is repaired and votes again; {} is not needed any more", name, aside);
    }
  }
}
