package io.raftkv.sim.rule;

import io.raftkv.raft.LogEntry;
import java.util.List;

/**
 * No two members apply different entries at one index (figure 3, 5.4.3), and what they make of them
 * is the same: the state hash at an index is that of the reference.
 */
public final class StateMachineSafety extends Rule {
  private final Truth truth;

  public StateMachineSafety(Verdict verdict, Truth truth) {
    super(verdict, "figure 3, 5.4.3");
    this.truth = truth;
  }

  @Override
  public void applying(Observed node, long appliedIndex, List<LogEntry> entries) {
    long index = appliedIndex;
    for (int i = 0; i < entries.size(); i++) {
      LogEntry entry = entries.get(i);
      if (entry.index() != ++index) {
        broken(node, "applies %s after %d", entry, index - 1);
        return;
      }
      if (index > truth.commitIndex()) {
        broken(node, "applies %s, which is not committed", entry);
        return;
      }
      LogEntry committed = truth.entry(index);
      if (entry != committed && !entry.equals(committed)) {
        broken(node, "applies %s where %s is committed", entry, committed);
        return;
      }
    }
  }

  @Override
  public void applied(Observed node, long appliedIndex, long stateHash) {
    if (appliedIndex > truth.commitIndex()) {
      broken(node, "has the state of %d, which is not committed", appliedIndex);
    } else if (appliedIndex > 0 && stateHash != truth.stateHash(appliedIndex)) {
      broken(node, "has another state at %d than the reference", appliedIndex);
    }
    if (truth.orphan() != null) {
      broken(node, "keeps %s", truth.orphan());
    }
  }
}
