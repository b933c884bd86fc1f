package io.raftkv.sim.rule;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.disk.LogImage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry is committed only once it is durable on a majority (5.3, 5.4.2), the leader counted by
 * its own disk like everybody else. Machines whose process does not run count with what is on their
 * disk. Extends the {@link Truth}, so it stands before the rules that use it.
 */
public final class CommitOnQuorum extends Rule {
  private final Truth truth;
  private final List<? extends Observed> nodes;

  public CommitOnQuorum(Verdict verdict, Truth truth, List<? extends Observed> nodes) {
    super(verdict, "5.3, 5.4.2");
    this.truth = truth;
    this.nodes = nodes;
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    long index = now.commitIndex();
    if (index <= truth.commitIndex()) {
      return;
    }
    Configuration configuration = configurationThatCommitted(before, now);
    for (Observed holder : nodes) {
      long term = holder.log().durable().termAt(index);
      if (term >= 0 && isOnQuorum(configuration, index, term)) {
        extend(node, now.term(), index, term);
        return;
      }
    }
    broken(node, "committed %d, which is not durable on a majority", index);
  }

  /** In one turn a leader may commit first, and then append the next configuration. */
  private static Configuration configurationThatCommitted(
      @Nullable NodeStatus before, NodeStatus now) {
    boolean isNewer =
        before != null
            && before.configurationIndex() != now.configurationIndex()
            && now.configurationIndex() > now.commitIndex();
    return isNewer && before != null ? before.configuration() : now.configuration();
  }

  private boolean isOnQuorum(Configuration configuration, long index, long term) {
    return isOnMajority(configuration.voters(), index, term)
        && (configuration.outgoingVoters().isEmpty()
            || isOnMajority(configuration.outgoingVoters(), index, term));
  }

  private boolean isOnMajority(List<MemberId> voters, long index, long term) {
    int count = 0;
    for (MemberId voter : voters) {
      Observed node = nodes.get((int) voter.value() - 1);
      count += node.log().durable().termAt(index) == term ? 1 : 0;
    }
    return count > voters.size() / 2;
  }

  private void extend(Observed node, long nodeTerm, long index, long term) {
    for (Observed holder : nodes) {
      LogImage log = holder.log().durable();
      if (log.termAt(index) == term && log.base().index() <= truth.commitIndex()) {
        while (truth.commitIndex() < index) {
          truth.commit(log.entry(truth.commitIndex() + 1), nodeTerm);
        }
        return;
      }
    }
    broken(node, "committed %d, but nobody has all entries since %d", index, truth.commitIndex());
  }
}
