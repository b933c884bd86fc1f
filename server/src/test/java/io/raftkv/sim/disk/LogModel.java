package io.raftkv.sim.disk;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.sim.engine.Rng;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one machine's log is, for readers and for a power cut. Outlives the processes that write it.
 *
 * <p>Writes are buffered in order; a sync makes all of them durable, a crash a prefix.
 */
public final class LogModel {
  private sealed interface Write {
    record Save(HardState hardState) implements Write {}

    record Append(LogEntry entry) implements Write {}

    record Truncate(long from) implements Write {}

    record Compact(long index) implements Write {}

    record Reset(EntryId last) implements Write {}
  }

  private final LogImage live = new LogImage();
  private final LogImage durable = new LogImage();
  private final List<Write> buffered = new ArrayList<>();
  private final int segmentEntries;

  /**
   * @param segmentEntries compaction frees only whole groups of so many entries
   */
  public LogModel(int segmentEntries) {
    this.segmentEntries = segmentEntries;
  }

  /** As readers see it. */
  public LogImage live() {
    return live;
  }

  /** What has been synced, and nothing else. */
  public LogImage durable() {
    return durable;
  }

  void saveHardState(HardState hardState) {
    write(new Write.Save(hardState));
  }

  void append(LogEntry entry) {
    write(new Write.Append(entry));
  }

  void truncateFrom(long index) {
    write(new Write.Truncate(index));
  }

  void compactTo(long index) {
    write(new Write.Compact(index - index % segmentEntries));
  }

  void resetTo(EntryId last) {
    write(new Write.Reset(last));
  }

  void sync() {
    for (int i = 0; i < buffered.size(); i++) {
      apply(buffered.get(i), durable);
    }
    buffered.clear();
  }

  /**
   * The process or the machine ended: of what was not synced, a prefix is there.
   *
   * @return how many writes are lost
   */
  public int crash(Rng rng) {
    int kept = rng.nextInt(buffered.size() + 1);
    for (int i = 0; i < kept; i++) {
      apply(buffered.get(i), durable);
    }
    int lost = buffered.size() - kept;
    buffered.clear();
    live.copyFrom(durable);
    return lost;
  }

  /**
   * The process ended and another one has opened the files: what it found must be what was synced
   * and a prefix of the rest.
   *
   * @return what is wrong with it, or null
   */
  public @Nullable String recoveredAs(LogStore found) {
    String first = difference(durable, found);
    for (int i = 0; difference(durable, found) != null && i < buffered.size(); i++) {
      apply(buffered.get(i), durable);
    }
    String last = difference(durable, found);
    buffered.clear();
    durable.compactTo(found.base().index());
    live.copyFrom(durable);
    return last == null ? null : first + "; or with all of the rest: " + last;
  }

  private static @Nullable String difference(LogImage image, LogStore found) {
    if (!image.hardState().equals(found.hardState())) {
      return "found " + found.hardState() + ", synced " + image.hardState();
    }
    if (image.lastIndex() != found.lastIndex()) {
      return "found entries to " + found.lastIndex() + ", synced to " + image.lastIndex();
    }
    EntryId base = found.base();
    if (base.index() >= image.base().index() && image.termAt(base.index()) != base.term()) {
      return "found base " + base + ", synced there term " + image.termAt(base.index());
    }
    long index = Math.max(base.index(), image.base().index()) + 1;
    while (index <= image.lastIndex()) {
      List<LogEntry> entries = found.read(index, image.lastIndex() + 1, 1 << 20);
      if (entries.isEmpty()) {
        return "found no entry " + index;
      }
      for (LogEntry entry : entries) {
        if (!entry.equals(image.entry(index++))) {
          return "found " + entry + ", synced " + image.entry(index - 1);
        }
      }
    }
    return null;
  }

  private void write(Write write) {
    apply(write, live);
    buffered.add(write);
  }

  private static void apply(Write write, LogImage image) {
    if (write instanceof Write.Append append) {
      image.append(append.entry());
    } else if (write instanceof Write.Save save) {
      image.saveHardState(save.hardState());
    } else if (write instanceof Write.Truncate truncate) {
      image.truncateFrom(truncate.from());
    } else if (write instanceof Write.Compact compact) {
      image.compactTo(compact.index());
    } else if (write instanceof Write.Reset reset) {
      image.resetTo(reset.last());
    }
  }
}
