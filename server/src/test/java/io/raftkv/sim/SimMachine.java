package io.raftkv.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.raft.node.RaftNode;
import io.raftkv.sim.disk.DiskFaults;
import io.raftkv.sim.disk.FileDisk;
import io.raftkv.sim.disk.LogModel;
import io.raftkv.sim.disk.SnapshotModel;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.engine.SimClock;
import io.raftkv.sim.rule.Observed;
import io.raftkv.storage.DamagedException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** A machine: what outlives the processes that run on it, one after the other. */
final class SimMachine implements Observed {
  final World world;
  final Rng rng;
  final LogModel log;
  final SnapshotModel snapshots = new SnapshotModel();
  final DiskFaults disk;

  /** In some worlds the production stores keep log and snapshots. */
  final @Nullable FileDisk files;

  final SimClock clock;

  private final int machine;
  private int starts;
  @Nullable SimProcess process;
  @Nullable NodeStatus status;
  long pausedUntilNanos;

  /** Sockets are read a moment later: what was in the queues when the process stopped is first. */
  long socketsPausedUntilNanos;

  /** A bit of its files is not what was written. */
  boolean isRotten;

  /** Its disk was found damaged, or was lost: it never starts again. */
  private boolean isOut;

  /** Which of the machines that there were at first it is, or stands in for; -1: none yet. */
  private int place;

  /** The process ends at the so many-th operation from now on; -1: it does not. */
  int endsAfter = -1;

  SimMachine(World world, int machine) {
    WorldPlan plan = world.plan;
    this.world = world;
    this.machine = machine;
    place = machine < plan.machines ? machine : -1;
    rng = world.rng.fork("machine" + machine);
    files = plan.isOnFiles ? new FileDisk(id(), rng.fork("files"), plan.segmentBytes) : null;
    log = new LogModel(plan.isOnFiles ? 1 : plan.segmentEntries);
    disk =
        new DiskFaults(
            world.scheduler,
            rng.fork("disk"),
            world.effects,
            plan.syncNanosMin,
            plan.syncNanosTail,
            plan.slowSyncChance);
    double rate = 1 + plan.clockDrift * (2 * rng.nextDouble() - 1);
    clock = new SimClock(world.scheduler, rate, rng.nextLong() >> 2);
  }

  @Override
  public int machine() {
    return machine;
  }

  @Override
  public @Nullable NodeStatus status() {
    return status;
  }

  @Override
  public LogModel log() {
    return log;
  }

  @Override
  public SnapshotModel snapshots() {
    return snapshots;
  }

  int place() {
    return place;
  }

  /** It is nobody, and does not run, before somebody is to be replaced. */
  boolean isSpare() {
    return place < 0;
  }

  /** It came in the place of a machine that was damaged. */
  boolean isStandIn() {
    return place >= 0 && place != machine;
  }

  boolean isRunning() {
    return process != null;
  }

  /** Damaged for good: as good as a machine that burned down. */
  boolean isOut() {
    return isOut;
  }

  /** As its process says, or its disk. */
  long term() {
    long durable = log.durable().hardState().term();
    return status == null ? durable : Math.max(durable, status.term());
  }

  boolean isLeader() {
    return process != null && status != null && status.isLeader();
  }

  /** Gives the member its first log, then starts it. */
  void bootstrap(Configuration configuration) {
    SimProcess first = new SimProcess(this, 0);
    RaftNode.bootstrap(first.log, first.snapshots, configuration);
    first.log.close();
    start();
  }

  /** Starts a process, unless one runs. What its disk refuses now is tried again later. */
  void start() {
    if (process != null || isOut || isSpare() || world.verdict.isBroken()) {
      return;
    }
    status = null;
    world.note("start", machine, ++starts);
    long found = isRotten && files != null ? files.fingerprint() : 0;
    try {
      process = new SimProcess(this, starts);
      process.start();
    } catch (SimProcess.ProcessEnded e) {
      // It ended while it started; it was noted there.
    } catch (DamagedException e) {
      damaged("files are not damaged", e);
      if (files != null && isOut && files.fingerprint() != found) {
        world.verdict.broken("damaged files are left alone", "member " + (machine + 1));
      }
    } catch (UncheckedIOException e) {
      if (process != null) {
        end();
      } else if (files != null) {
        files.ended();
      }
      startLater();
    } catch (IllegalStateException e) {
      damaged("a process starts", e);
    } catch (RuntimeException e) {
      world.verdict.broken("a process starts", "member " + (machine + 1) + ": " + World.trace(e));
    }
  }

  /** Rot is to be noticed, and what is noticed is left as it is (design law 4). */
  private void damaged(String rule, RuntimeException e) {
    if (!isRotten) {
      world.verdict.broken(rule, "member " + (machine + 1) + ": " + World.trace(e));
      return;
    }
    world.effects.saw(Effect.ROT_NOTICED);
    world.note("damaged", machine, starts);
    isOut = true;
    SimProcess started = process;
    if (started != null) {
      started.isAlive = false;
      process = null;
    }
    world.repairs.begin(this);
  }

  /** Its disk is gone. What was on it is on none. */
  void lose() {
    world.effects.saw(Effect.DISK_LOST);
    end();
    world.note("disk lost", machine, starts);
    isOut = true;
    world.repairs.begin(this);
  }

  /** Starts for the first time, as the one that the others have let in there. */
  void standIn(int where) {
    place = where;
    world.note("stands in", machine, where);
    start();
  }

  /** The process ends here and now; of what it did not sync a prefix is on the disk. */
  void end() {
    SimProcess ended = process;
    if (ended == null) {
      return;
    }
    world.note("end", machine, starts);
    world.health.disturbed();
    ended.isAlive = false;
    process = null;
    status = null;
    resume();
    endsAfter = -1;
    if (files == null) {
      if (log.crash(rng) > 0) {
        world.effects.saw(Effect.UNSYNCED_STATE_LOST);
      }
      snapshots.crash(rng);
    } else {
      ended.log.close();
      files.ended();
    }
    world.network.ended(machine);
  }

  /** Longer than an earlier pause, or that one stands. */
  void pauseUntil(long nanos) {
    pausedUntilNanos = Math.max(pausedUntilNanos, nanos);
    long reading = pausedUntilNanos + rng.exponential(world.plan.latencyNanosTail);
    socketsPausedUntilNanos = Math.max(socketsPausedUntilNanos, reading);
  }

  void resume() {
    pausedUntilNanos = 0;
    socketsPausedUntilNanos = 0;
  }

  /** Asks the process to end. */
  void stop() {
    SimProcess stopping = process;
    if (stopping != null) {
      world.note("stop", machine, starts);
      stopping.stop();
      end();
    }
  }

  void startLater() {
    long nanos = Math.max(1, rng.exponential(world.plan.electionNanos()));
    if (rng.chance(0.3)) {
      nanos = rng.exponential(world.plan.heartbeatNanos() / 4);
    }
    world.scheduler.after(nanos, this::start);
  }
}
