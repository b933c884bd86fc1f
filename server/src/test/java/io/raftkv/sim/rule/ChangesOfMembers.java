package io.raftkv.sim.rule;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.disk.LogImage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A leader changes the members one step at a time (thesis 4.1, 4.3): the step before is committed;
 * one voter comes or goes, or the configuration is joint; who gets a vote has the log on its disk
 * up to the configuration that it came with; and who has gone does not come back.
 */
public final class ChangesOfMembers extends Rule {
  private final List<? extends Observed> nodes;

  public ChangesOfMembers(Verdict verdict, List<? extends Observed> nodes) {
    super(verdict, "thesis 4");
    this.nodes = nodes;
  }

  @Override
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {
    checkAgainstLog(node, now);
    boolean isLeading =
        before != null && before.isLeader() && now.isLeader() && before.term() == now.term();
    if (!isLeading || before == null) {
      return;
    }
    if (before.configurationIndex() != now.configurationIndex()) {
      checkStep(node, before, now);
    } else if (before.configurationIndex() <= before.commitIndex()
        && !now.configuration().isVoter(now.self())
        && now.lastIndex() > before.lastIndex()
        && isOfTerm(node, before.commitIndex(), now.term())) {
      broken(node, "appends more, and is no voter since %d", now.configurationIndex());
    }
  }

  /** In force is what the log says, where that is known. */
  private void checkAgainstLog(Observed node, NodeStatus now) {
    long index = now.configurationIndex();
    LogImage log = node.log().live();
    if (index > now.durableIndex() || index <= now.snapshotIndex() || log.termAt(index) < 0) {
      return;
    }
    if (index <= log.base().index()) {
      return;
    }
    LogEntry entry = log.entry(index);
    if (entry.kind() != LogEntry.Kind.CONFIGURATION
        || !Configuration.decode(entry.data()).equals(now.configuration())) {
      broken(node, "members %s are not those of entry %d", now.configuration(), index);
    }
  }

  private static boolean isOfTerm(Observed node, long index, long term) {
    return node.log().live().termAt(index) == term;
  }

  private void checkStep(Observed node, NodeStatus before, NodeStatus now) {
    Configuration old = before.configuration();
    Configuration next = now.configuration();
    if (before.configurationIndex() > now.commitIndex()) {
      broken(
          node,
          "changed members at %d, with %d not committed",
          now.configurationIndex(),
          before.configurationIndex());
    }
    long committed = node.log().live().termAt(now.commitIndex());
    if (committed >= 0 && committed != now.term()) {
      broken(node, "changed members, and committed nothing in its term %d yet", now.term());
    }
    Set<MemberId> come = new HashSet<>(next.voters());
    come.removeAll(old.voters());
    Set<MemberId> gone = new HashSet<>(old.voters());
    gone.removeAll(next.voters());
    if (come.size() + gone.size() > 1 && !next.outgoingVoters().equals(old.voters())) {
      broken(node, "changed the voters %s to %s at once", old.voters(), next.voters());
    }
    for (MemberId voter : come) {
      long last = nodes.get((int) voter.value() - 1).log().durable().lastIndex();
      if (last < before.configurationIndex()) {
        broken(node, "gave %s a vote, whose log ends at %d", voter, last);
      }
    }
    if (next.members().stream().anyMatch(member -> old.removed().contains(member.id()))) {
      broken(node, "let somebody come back: %s", next);
    }
  }
}
