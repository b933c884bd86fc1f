package io.raftkv.sim.rule;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.node.NodeStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that always holds. Overrides what it wants to see; each is called before it happens.
 */
public abstract class Rule {
  private final Verdict verdict;
  private final String section;

  /**
   * @param section where the paper or the design says so
   */
  protected Rule(Verdict verdict, String section) {
    this.verdict = verdict;
    this.section = section;
  }

  protected final void broken(Observed node, String format, Object... arguments) {
    verdict.broken(
        getClass().getSimpleName() + " (" + section + ")",
        "member " + node.id().value() + ": " + String.format(format, arguments));
  }

  /** A process starts. */
  public void started(Observed node) {}

  /**
   * A turn of a lane ended.
   *
   * @param before null at the first one of a process
   */
  public void turned(Observed node, @Nullable NodeStatus before, NodeStatus now) {}

  public void sending(Observed node, Message message) {}

  /** A message is about to be put into the node's queues. */
  public void receiving(Observed node, Message message) {}

  public void savingHardState(Observed node, HardState hardState) {}

  public void appending(Observed node, List<LogEntry> entries) {}

  /** There are entries from {@code from} on. */
  public void truncating(Observed node, long from) {}

  public void compacting(Observed node, EntryId last) {}

  public void resetting(Observed node, EntryId last) {}

  /** A file is begun for a state that was frozen, whatever becomes of it. */
  public void creatingSnapshot(Observed node, SnapshotMeta meta) {}

  public void completingSnapshot(Observed node, SnapshotMeta meta, boolean isReceived) {}

  /** The state is about to be kept as it is, for a snapshot. */
  public void freezing(Observed node, long appliedIndex) {}

  public void applying(Observed node, long appliedIndex, List<LogEntry> entries) {}

  /** After entries or a snapshot took effect. */
  public void applied(Observed node, long appliedIndex, long stateHash) {}
}
