package io.raftkv.server;

import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says who leads, when that changes. Run by one thread, now and then. */
final class LeaderNotice implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderNotice.class);

  private final String name;
  private final Supplier<NodeStatus> status;
  private MemberId said = MemberId.NONE;
  private long saidTerm;

  LeaderNotice(String name, Supplier<NodeStatus> status) {
    this.name = name;
    this.status = status;
  }

  @Override
  public void run() {
    NodeStatus now = status.get();
    MemberId leader = now.leader();
    boolean isNew = !leader.equals(said) || (!leader.isNone() && now.term() != saidTerm);
    if (!isNew) {
      return;
    }
    if (leader.isNone()) {
      LOG.info("{} knows no leader, term {}", name, now.term());
    } else if (leader.equals(now.self())) {
      LOG.info("{} leads, term {}", name, now.term());
    } else {
      LOG.info("{} follows {}, term {}", name, nameOf(leader, now), now.term());
    }
    said = leader;
    saidTerm = now.term();
  }

  private static String nameOf(MemberId member, NodeStatus now) {
    return now.configuration().member(member).map(Member::name).orElse(member.toString());
  }
}
