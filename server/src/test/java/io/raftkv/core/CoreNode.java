package io.raftkv.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.RandomSource;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.core.LogRead;
import io.raftkv.raft.core.Persist;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.RaftLog;
import io.raftkv.raft.core.ReadState;
import io.raftkv.raft.core.Ready;
import io.raftkv.raft.core.SnapshotTransfer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A core with a disk and a state machine of the simplest kind, whose disk a test can hold up. */
public final class CoreNode {
  final MemberId id;
  private final RaftOptions options;
  private final RandomSource luck;

  // The disk: what survives a crash.
  private HardState diskHardState = HardState.INITIAL;
  private EntryId diskBase = EntryId.ZERO;
  private final List<LogEntry> diskEntries = new ArrayList<>();
  private SnapshotMeta diskSnapshot = SnapshotMeta.EMPTY;

  private RaftCore core;
  private Configuration reachable;
  private int ownSnapshots;
  private boolean isDiskHeld;
  private boolean isApplyHeld;
  private long appliedIndex;
  private final ArrayDeque<Persist> heldWork = new ArrayDeque<>();
  private final List<Message> outbox = new ArrayList<>();
  private final List<LogEntry> applied = new ArrayList<>();
  private final List<ReadState> reads = new ArrayList<>();
  private final List<SnapshotTransfer> transfers = new ArrayList<>();
  private boolean isUp = true;

  CoreNode(
      MemberId id,
      RaftOptions options,
      RandomSource luck,
      Configuration configuration,
      List<LogEntry> log,
      HardState hardState) {
    this.id = id;
    this.options = options;
    this.luck = luck;
    diskHardState = hardState;
    if (!configuration.equals(Configuration.EMPTY)) {
      diskEntries.add(new LogEntry(1, 1, LogEntry.Kind.CONFIGURATION, 0, configuration.encode()));
    }
    diskEntries.addAll(log);
    core = start();
    reachable = core.configuration();
  }

  private RaftCore start() {
    RaftLog log = new RaftLog(diskBase, diskSnapshot, diskHardState, options);
    diskEntries.forEach(log::load);
    return new RaftCore(id, options, luck, diskHardState, log, diskSnapshot, 0);
  }

  public RaftCore core() {
    return core;
  }

  /** Whom it talks to. */
  public Configuration reachable() {
    return reachable;
  }

  public boolean isUp() {
    return isUp;
  }

  /** Everything not on disk is gone. */
  public void crash() {
    isUp = false;
    heldWork.clear();
    outbox.clear();
    applied.clear();
    reads.clear();
    transfers.clear();
    isDiskHeld = false;
    isApplyHeld = false;
  }

  public void restart() {
    core = start();
    reachable = core.configuration();
    isUp = true;
  }

  public void holdDisk() {
    isDiskHeld = true;
  }

  public void releaseDisk() {
    isDiskHeld = false;
    while (!heldWork.isEmpty()) {
      write(heldWork.removeFirst());
    }
  }

  /** Finishes the oldest held piece of disk work. */
  public void releaseOne() {
    write(heldWork.removeFirst());
  }

  /** Takes what the core wants done and does it. Returns whether there was anything. */
  boolean pump() {
    if (!isUp) {
      return false;
    }
    Ready ready = core.ready();
    ready.reachable().ifPresent(changed -> reachable = changed);
    outbox.addAll(ready.messages());
    ready.persist().ifPresent(heldWork::addLast);
    ready.install().ifPresent(this::install);
    if (!ready.committed().isEmpty()) {
      apply(ready);
    }
    ready.snapshot().ifPresent(this::snapshot);
    reads.addAll(ready.reads());
    transfers.addAll(ready.transfers());
    ready.logReads().forEach(this::readLog);
    boolean hasWork =
        !ready.messages().isEmpty()
            || !ready.committed().isEmpty()
            || ready.install().isPresent()
            || ready.snapshot().isPresent()
            || !ready.logReads().isEmpty();
    if (!isDiskHeld) {
      hasWork |= !heldWork.isEmpty();
      releaseDisk();
    }
    return hasWork;
  }

  private void apply(Ready ready) {
    List<LogEntry> entries = ready.committed().entries();
    if (entries.isEmpty()) {
      entries = fromDisk(ready.committed().from(), ready.committed().toExclusive());
    }
    applied.addAll(entries);
    appliedIndex = ready.committed().toExclusive() - 1;
    if (!isApplyHeld) {
      core.applied(appliedIndex);
    }
  }

  /** From now on the state machine takes its time, until it is released. */
  public void holdApply() {
    isApplyHeld = true;
  }

  public void releaseApply() {
    isApplyHeld = false;
    core.applied(appliedIndex);
  }

  private void snapshot(SnapshotMeta meta) {
    ownSnapshots++;
    diskSnapshot = meta;
    core.snapshotTaken(meta, 0);
  }

  private void install(SnapshotMeta meta) {
    applied.clear();
    core.applied(meta.index());
  }

  private void readLog(LogRead read) {
    core.entriesRead(read, fromDisk(read.from(), read.toExclusive()));
  }

  private List<LogEntry> fromDisk(long from, long toExclusive) {
    return diskEntries.stream()
        .filter(entry -> entry.index() >= from && entry.index() < toExclusive)
        .toList();
  }

  private void write(Persist persist) {
    persist.hardState().ifPresent(hardState -> diskHardState = hardState);
    persist
        .resetTo()
        .ifPresent(
            base -> {
              diskBase = base;
              diskEntries.clear();
            });
    if (persist.truncateFrom() > 0) {
      diskEntries.removeIf(entry -> entry.index() >= persist.truncateFrom());
    }
    diskEntries.addAll(persist.entries());
    persist
        .compactTo()
        .ifPresent(
            base -> {
              diskBase = base;
              diskEntries.removeIf(entry -> entry.index() <= base.index());
            });
    outbox.addAll(persist.responses());
    core.persisted(persist.ticket());
  }

  /** Snapshots that it has made since it was created. */
  int ownSnapshots() {
    return ownSnapshots;
  }

  /** A snapshot file from another member has become durable here. */
  void receiveSnapshot(MemberId from, long term, SnapshotMeta meta) {
    if (meta.index() > diskSnapshot.index()) {
      diskSnapshot = meta;
    }
    core.step(new Message.SnapshotReceived(from, id, term, meta));
  }

  List<Message> takeOutbox() {
    List<Message> taken = List.copyOf(outbox);
    outbox.clear();
    return taken;
  }

  List<SnapshotTransfer> takeTransfers() {
    List<SnapshotTransfer> taken = List.copyOf(transfers);
    transfers.clear();
    return taken;
  }

  /** Entries applied since the last start or installed snapshot. */
  public List<LogEntry> applied() {
    return applied;
  }

  public List<ReadState> reads() {
    return reads;
  }

  public HardState diskHardState() {
    return diskHardState;
  }

  public List<LogEntry> diskEntries() {
    return diskEntries;
  }

  public SnapshotMeta diskSnapshot() {
    return diskSnapshot;
  }

  /** The entry at an index, wherever it is; empty if the log has none. */
  public Optional<LogEntry> diskEntry(long index) {
    return diskEntries.stream().filter(entry -> entry.index() == index).findFirst();
  }
}
