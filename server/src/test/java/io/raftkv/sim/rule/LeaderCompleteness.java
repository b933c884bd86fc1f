package io.raftkv.sim.rule;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.disk.LogImage;
import org.jspecify.annotations.Nullable;

/**
 * What is committed is in the log of every later leader (figure 3, 5.4.3), and no member deletes it
 * once it has it.
 */
public final class LeaderCompleteness extends Rule {
  private final Truth truth;

  /** By machine: what the log of the leader must still be shown to hold; 0 if nothing. */
  private final long[] unchecked;

  public LeaderCompleteness(Verdict verdict, Truth truth, int machines) {
    super(verdict, "figure 3, 5.4.3");
    this.truth = truth;
    unchecked = new long[machines];
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    int machine = node.machine();
    if (!now.isLeader()) {
      unchecked[machine] = 0;
      return;
    }
    if (before == null || !before.isLeader() || before.term() != now.term()) {
      unchecked[machine] = truth.committedBefore(now.term());
      if (now.lastIndex() < unchecked[machine]) {
        broken(
            node,
            "leads term %d with a log that ends at %d; %d is committed",
            now.term(),
            now.lastIndex(),
            unchecked[machine]);
      }
    }
    // Its log in memory may be ahead of its disk; look once the disk has caught up.
    long index = unchecked[machine];
    if (index > 0 && now.durableIndex() >= index) {
      unchecked[machine] = 0;
      LogImage log = node.log().durable();
      if (log.base().index() < index && log.termAt(index) != truth.entry(index).term()) {
        broken(
            node,
            "leads term %d with term %d at %d; committed there is %s",
            now.term(),
            log.termAt(index),
            index,
            truth.entry(index));
      }
    }
  }

  @Override
  public void truncating(Observed node, long from) {
    if (from <= truth.commitIndex() && node.log().live().termAt(from) == truth.entry(from).term()) {
      broken(node, "deletes from %d on, which is committed: %s", from, truth.entry(from));
    }
  }

  @Override
  public void resetting(Observed node, EntryId last) {
    if (last.index() > truth.commitIndex()
        || (last.index() > 0 && truth.entry(last.index()).term() != last.term())) {
      broken(node, "replaces its log by a snapshot of %s, which is not committed", last);
    }
  }
}
