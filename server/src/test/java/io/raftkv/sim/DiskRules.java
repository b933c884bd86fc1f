package io.raftkv.sim;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.sim.disk.DiskObserver;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Effects;
import io.raftkv.sim.rule.Observed;
import io.raftkv.sim.rule.Rule;
import io.raftkv.sim.rule.Verdict;
import java.util.List;

/** Shows what is asked of a disk to the rules. */
record DiskRules(Observed node, List<Rule> rules, Verdict verdict, Effects effects)
    implements DiskObserver {
  @Override
  public void savingHardState(HardState hardState) {
    rules.forEach(rule -> rule.savingHardState(node, hardState));
  }

  @Override
  public void appending(List<LogEntry> entries) {
    rules.forEach(rule -> rule.appending(node, entries));
  }

  @Override
  public void truncating(long from) {
    effects.saw(Effect.ENTRIES_TRUNCATED);
    rules.forEach(rule -> rule.truncating(node, from));
  }

  @Override
  public void compacting(EntryId last) {
    rules.forEach(rule -> rule.compacting(node, last));
  }

  @Override
  public void resetting(EntryId last) {
    rules.forEach(rule -> rule.resetting(node, last));
  }

  @Override
  public void creatingSnapshot(SnapshotMeta meta) {
    rules.forEach(rule -> rule.creatingSnapshot(node, meta));
  }

  @Override
  public void completingSnapshot(SnapshotMeta meta, boolean isReceived) {
    effects.saw(isReceived ? Effect.SNAPSHOT_INSTALLED : Effect.SNAPSHOT_MADE);
    rules.forEach(rule -> rule.completingSnapshot(node, meta, isReceived));
  }

  @Override
  public void misused(String how) {
    verdict.broken("contract of the stores", "member " + node.id().value() + ": " + how);
  }
}
