package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A log in memory that can lose what was not synced, and whose syncs can fail. For simulations:
 * quick, deterministic, one thread.
 *
 * <p>Every operation is done at once on what is seen, and again on what is durable, by the sync.
 */
public final class CrashingLog implements LogStore {
  private final MemoryLog durable;
  private final MemoryLog seen;
  private final List<Consumer<MemoryLog>> unsynced = new ArrayList<>();
  private long syncs;
  private long failingSync = -1;
  private boolean isDead;

  public CrashingLog() {
    this(new MemoryLog());
  }

  private CrashingLog(MemoryLog durable) {
    this.durable = durable;
    seen = copyOf(durable);
  }

  /** Entries are shared, the copy is of references. */
  private static MemoryLog copyOf(MemoryLog log) {
    MemoryLog copy = new MemoryLog();
    copy.saveHardState(log.hardState());
    copy.resetTo(log.base());
    copy.append(log.read(log.base().index() + 1, Long.MAX_VALUE, Long.MAX_VALUE));
    return copy;
  }

  /** Syncs so far, failed ones included. */
  public long syncs() {
    return syncs;
  }

  /** Operations since the latest sync. */
  public int unsyncedOperations() {
    return unsynced.size();
  }

  /** Makes the n-th sync from now on fail: 1 is the next one. */
  public void failSync(int n) {
    failingSync = syncs + n;
  }

  /**
   * The log as it is found after a power cut, while this one is dead.
   *
   * @param survivors how many of the operations since the latest sync reached the disk all the
   *     same, in order
   */
  public CrashingLog crash(int survivors) {
    isDead = true;
    unsynced.subList(0, Math.min(survivors, unsynced.size())).forEach(each -> each.accept(durable));
    return new CrashingLog(durable);
  }

  /** As {@link #crash(int)} with nothing left of what was not synced. */
  public CrashingLog crash() {
    return crash(0);
  }

  /** Entries and term and vote that survive a power cut now. For reading only. */
  public LogStore durable() {
    return durable;
  }

  @Override
  public HardState hardState() {
    return seen.hardState();
  }

  @Override
  public EntryId base() {
    return seen.base();
  }

  @Override
  public long lastIndex() {
    return seen.lastIndex();
  }

  @Override
  public void saveHardState(HardState hardState) {
    write(log -> log.saveHardState(hardState));
  }

  @Override
  public void truncateFrom(long index) {
    write(log -> log.truncateFrom(index));
  }

  @Override
  public void append(List<LogEntry> entries) {
    List<LogEntry> copy = List.copyOf(entries);
    write(log -> log.append(copy));
  }

  @Override
  public void compactTo(EntryId last) {
    write(log -> log.compactTo(last));
  }

  @Override
  public void resetTo(EntryId last) {
    write(log -> log.resetTo(last));
  }

  private void write(Consumer<MemoryLog> operation) {
    checkAlive();
    operation.accept(seen);
    unsynced.add(operation);
  }

  @Override
  public void sync() {
    checkAlive();
    syncs++;
    if (syncs == failingSync) {
      isDead = true;
      throw new UncheckedIOException(new IOException("sync fails, as asked for"));
    }
    for (int i = 0; i < unsynced.size(); i++) {
      unsynced.get(i).accept(durable);
    }
    unsynced.clear();
  }

  private void checkAlive() {
    if (isDead) {
      throw new UncheckedIOException(new IOException("the log failed or crashed before"));
    }
  }

  @Override
  public List<LogEntry> read(long from, long toExclusive, long bytesMax) {
    return seen.read(from, toExclusive, bytesMax);
  }

  @Override
  public long sizeBytes() {
    return seen.sizeBytes();
  }

  @Override
  public void close() {}
}
