package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.StableStore.Identity;
import java.util.List;

/**
 * The log of a member that does not run, looked at and not changed. Opening it reads and verifies
 * all of it, as the member would when it starts. Used by one thread.
 */
public final class StoppedLog implements AutoCloseable {
  /** A segment with entries that count: from the first one, so many. */
  public record File(String name, long firstIndex, long entries) {}

  private final String location;
  private final LogRecovery recovery;

  /**
   * Reads the whole log.
   *
   * @throws DamagedException if what is there cannot be trusted, or the mark knows of a log and
   *     there is none
   */
  StoppedLog(VolumeFactory volumes, Identity identity, DurableMark mark) {
    location = volumes.location();
    recovery = new LogRecovery(new ReadOnlyVolumes(volumes), identity, mark);
    recovery.run();
  }

  /** Oldest first. */
  public List<File> files() {
    return recovery.segments().stream()
        .map(
            segment ->
                new File(
                    segment.name,
                    segment.firstIndex(),
                    segment.isEmpty() ? 0 : segment.endIndex() - segment.firstIndex()))
        .toList();
  }

  public HardState hardState() {
    return recovery.tail().hardState;
  }

  /** The log starts after this entry. */
  public EntryId base() {
    return recovery.tail().base;
  }

  public long lastIndex() {
    return recovery.tail().lastIndex;
  }

  /** Bytes at the end of a write that a crash cut short; the next start cuts them off. */
  public int tornBytes() {
    return recovery.tornBytes();
  }

  /**
   * Entries from {@code from} on: at least one if there is one before {@code toExclusive}, and then
   * as many as fit.
   *
   * @throws DamagedException if one is not what was written
   */
  public List<LogEntry> read(long from, long toExclusive, long bytesMax) {
    ReadPlan plan = new ReadPlan(location);
    plan.add(
        recovery.segments(),
        new PendingEntries(),
        from,
        Math.min(toExclusive, lastIndex() + 1),
        bytesMax);
    return plan.read();
  }

  @Override
  public void close() {
    recovery.segments().forEach(Segment::drop);
  }
}
