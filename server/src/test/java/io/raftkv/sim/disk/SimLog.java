package io.raftkv.sim.disk;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.Room;
import io.raftkv.storage.SegmentedLog;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One process's handle on its machine's log. */
public final class SimLog implements LogStore {
  /** Of what a leader appends by itself, a few entries in a term. */
  private static final long LEADERS_BYTES = 2_000;

  private final LogModel model;
  private final DiskFaults faults;
  private final Machine machine;
  private final DiskObserver observer;
  private final @Nullable SegmentedLog files;
  private final @Nullable FileDisk disk;
  private boolean isDead;
  private int syncs;

  /** Written since the disk has been full. */
  private long fullBytes;

  /**
   * @param disk where the log is in files; null: only in the model
   */
  public SimLog(
      LogModel model,
      @Nullable FileDisk disk,
      DiskFaults faults,
      Machine machine,
      DiskObserver observer) {
    this.model = model;
    this.disk = disk;
    this.faults = faults;
    this.machine = machine;
    this.observer = observer;
    files = disk == null ? null : disk.openLog();
    if (files != null) {
      String wrong = model.recoveredAs(files);
      if (wrong != null) {
        observer.misused("the log is not what was synced: " + wrong);
      }
    }
  }

  @Override
  public HardState hardState() {
    return model.live().hardState();
  }

  @Override
  public EntryId base() {
    return files == null ? model.live().base() : files.base();
  }

  @Override
  public long lastIndex() {
    return model.live().lastIndex();
  }

  @Override
  public void saveHardState(HardState hardState) {
    beforeWrite();
    observer.savingHardState(hardState);
    model.saveHardState(hardState);
    if (files != null) {
      files.saveHardState(hardState);
    }
  }

  @Override
  public void truncateFrom(long index) {
    beforeWrite();
    if (index <= lastIndex()) {
      observer.truncating(index);
      model.truncateFrom(index);
      if (files != null) {
        files.truncateFrom(index);
      }
    }
  }

  @Override
  public void append(List<LogEntry> entries) {
    beforeWrite();
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).index() != lastIndex() + 1 + i) {
        observer.misused("append of " + entries.get(i) + " after " + (lastIndex() + i));
        return;
      }
    }
    takeRoom(entries);
    observer.appending(entries);
    for (LogEntry entry : entries) {
      model.append(entry);
    }
    if (files != null) {
      files.append(entries);
    }
  }

  /** More than it said that it takes must not come, but for what a leader appends by itself. */
  private void takeRoom(List<LogEntry> entries) {
    if (!faults.hasLongBeenFull()) {
      fullBytes = 0;
      return;
    }
    boolean hasCommands = entries.stream().anyMatch(entry -> entry.kind() == LogEntry.Kind.COMMAND);
    if (fullBytes - (hasCommands ? 0 : LEADERS_BYTES) > faults.logRoomBytes()) {
      observer.misused(
          "%d entries after %d bytes, into a log with room for %d"
              .formatted(entries.size(), fullBytes, faults.logRoomBytes()));
    }
    entries.forEach(entry -> fullBytes += entry.sizeBytes());
  }

  @Override
  public long roomBytes() {
    long bytes = faults.logRoomBytes();
    return bytes == Long.MAX_VALUE ? bytes : Room.LOG_BYTES_MIN + bytes - fullBytes;
  }

  @Override
  public void compactTo(EntryId last) {
    beforeWrite();
    observer.compacting(last);
    if (files == null) {
      model.compactTo(last.index());
    } else {
      files.compactTo(last);
      model.compactTo(Math.min(last.index(), files.base().index()));
    }
  }

  @Override
  public void resetTo(EntryId last) {
    beforeWrite();
    observer.resetting(last);
    model.resetTo(last);
    if (files != null) {
      files.resetTo(last);
    }
  }

  @Override
  public void sync() {
    beforeWrite();
    syncs++;
    try {
      if (disk == null) {
        faults.maySyncFail();
      } else if (faults.doesSyncFail()) {
        disk.failSoon();
      }
      if (files != null) {
        files.sync();
      }
    } catch (RuntimeException failure) {
      isDead = true;
      faults.syncFailed();
      throw failure;
    }
    model.sync();
    machine.mayEndHere();
  }

  /** The production store; null where there is only the model. */
  public @Nullable SegmentedLog files() {
    return files;
  }

  /** Syncs since the last call. */
  public int takeSyncs() {
    int taken = syncs;
    syncs = 0;
    return taken;
  }

  @Override
  public List<LogEntry> read(long from, long toExclusive, long bytesMax) {
    return files == null
        ? readModel(from, toExclusive, bytesMax)
        : readFiles(files, from, toExclusive, bytesMax);
  }

  private List<LogEntry> readFiles(LogStore files, long from, long toExclusive, long bytesMax) {
    List<LogEntry> entries = files.read(from, toExclusive, bytesMax);
    for (LogEntry entry : entries) {
      if (model.live().holds(entry.index()) && !entry.equals(model.live().entry(entry.index()))) {
        observer.misused("read " + entry + ", wrote " + model.live().entry(entry.index()));
      }
    }
    return entries;
  }

  private List<LogEntry> readModel(long from, long toExclusive, long bytesMax) {
    LogImage live = model.live();
    List<LogEntry> entries = new ArrayList<>();
    long bytes = 0;
    for (long index = from; index < toExclusive && live.holds(index); index++) {
      LogEntry entry = live.entry(index);
      bytes += entry.sizeBytes();
      if (bytes > bytesMax && !entries.isEmpty()) {
        break;
      }
      entries.add(entry);
    }
    return entries;
  }

  @Override
  public long sizeBytes() {
    return 64 * (model.live().lastIndex() - model.live().base().index());
  }

  @Override
  public void close() {
    if (files != null) {
      files.close();
    }
  }

  private void beforeWrite() {
    machine.mayEndHere();
    if (isDead) {
      observer.misused("a write after a failed one");
    }
  }
}
