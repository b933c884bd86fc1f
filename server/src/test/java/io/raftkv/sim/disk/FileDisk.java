package io.raftkv.sim.disk;

import io.raftkv.raft.LogStore;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StableStore;
import io.raftkv.sim.engine.Rng;
import io.raftkv.storage.FaultyVolumes;
import io.raftkv.storage.SegmentedLog;
import io.raftkv.storage.SnapshotFiles;
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

  public LogStore openLog() {
    return new SegmentedLog(
        logs,
        new StableStore.Identity(CLUSTER_ID, member),
        segmentBytes,
        rng.nextLong(),
        Runnable::run);
  }

  public SnapshotStore openSnapshots() {
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
