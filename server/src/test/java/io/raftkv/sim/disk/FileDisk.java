package io.raftkv.sim.disk;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore;
import io.raftkv.sim.engine.Rng;
import io.raftkv.storage.FaultyVolumes;
import io.raftkv.storage.LogBatches;
import io.raftkv.storage.SegmentedLog;
import io.raftkv.storage.SnapshotFiles;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The production stores of one machine, over folders that lose and tear what is not synced. */
public final class FileDisk {
  private static final long CLUSTER_ID = 77;

  private final MemberId member;
  private final Rng rng;
  private final int segmentBytes;
  private final FaultyVolumes logs;
  private final FaultyVolumes snapshots;
  private long logCutAt = Long.MAX_VALUE;
  private long snapshotCutAt = Long.MAX_VALUE;

  public FileDisk(MemberId member, Rng rng, int segmentBytes) {
    this.member = member;
    this.rng = rng;
    this.segmentBytes = segmentBytes;
    logs = new FaultyVolumes(new Random(rng.nextLong()));
    snapshots = new FaultyVolumes(new Random(rng.nextLong()));
  }

  public SegmentedLog openLog() {
    return new SegmentedLog(
        logs,
        new StableStore.Identity(CLUSTER_ID, member),
        segmentBytes,
        rng.nextLong(),
        Runnable::run);
  }

  public SnapshotFiles openSnapshots() {
    return new SnapshotFiles(snapshots, false);
  }

  /** One of the next operations on the log fails. */
  void failSoon() {
    logs.failAt(logs.operations() + 1 + rng.nextInt(2));
  }

  /** The power goes in the middle of one of the next operations on the log, or on snapshots. */
  public void cutPowerSoon() {
    FaultyVolumes folder = rng.chance(0.8) ? logs : snapshots;
    long operation = folder.operations() + 1 + rng.nextInt(20);
    folder.cutPowerAt(operation);
    if (folder == logs) {
      logCutAt = operation;
    } else {
      snapshotCutAt = operation;
    }
  }

  /** Whether the power went: nothing can be done until the process has ended. */
  public boolean isOff() {
    return logs.operations() >= logCutAt || snapshots.operations() >= snapshotCutAt;
  }

  /**
   * A bit changes of what is on the disk for sure: in a segment that is no longer written, in the
   * last one before its last batches, which cannot be told from what a crash cut short, or in a
   * snapshot.
   *
   * @return false if there is nothing of that kind
   */
  public boolean rot() {
    List<String> segments = named(logs, ".seg");
    List<String> files = named(snapshots, ".snap");
    int chosen = rng.nextInt(segments.size() + files.size());
    if (chosen >= segments.size()) {
      return flip(snapshots, files.get(chosen - segments.size()), Integer.MAX_VALUE);
    }
    String name = segments.get(chosen);
    boolean isLast = chosen == segments.size() - 1;
    int end = isLast ? LogBatches.secondToLast(logs.bytes(name)) : Integer.MAX_VALUE;
    return flip(logs, name, end);
  }

  /** Of everything that is there: changes if anything does. */
  public long fingerprint() {
    long hash = 0;
    for (FaultyVolumes folder : List.of(logs, snapshots)) {
      for (String name : folder.list()) {
        hash = 31 * hash + name.hashCode();
        hash = 31 * hash + Arrays.hashCode(folder.bytes(name));
      }
    }
    return hash;
  }

  private static List<String> named(FaultyVolumes folder, String ending) {
    return folder.list().stream().filter(name -> name.endsWith(ending)).sorted().toList();
  }

  private boolean flip(FaultyVolumes folder, String name, int endMax) {
    byte[] bytes = folder.bytes(name);
    int end = Math.min(endMax, bytes.length);
    while (end > 0 && bytes[end - 1] == 0) {
      end--; // Behind the records nothing is ever read.
    }
    if (end == 0) {
      return false;
    }
    folder.flipBit(name, rng.between(0, 8L * end - 1));
    return true;
  }

  /** What was to happen soon does not. */
  public void heal() {
    if (!isOff()) {
      logs.failAt(-1);
      logs.cutPowerAt(-1);
      snapshots.cutPowerAt(-1);
      logCutAt = Long.MAX_VALUE;
      snapshotCutAt = Long.MAX_VALUE;
    }
  }

  /** The process ended, or the whole machine. */
  public void ended() {
    if (isOff() || rng.chance(0.6)) {
      logs.powerLoss();
      snapshots.powerLoss();
    } else {
      logs.restart();
      snapshots.restart();
    }
    logCutAt = Long.MAX_VALUE;
    snapshotCutAt = Long.MAX_VALUE;
  }
}
