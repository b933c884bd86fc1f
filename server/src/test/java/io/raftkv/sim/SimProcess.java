package io.raftkv.sim;

import io.raftkv.kv.Commands;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.Transport;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.raft.node.RaftNode;
import io.raftkv.service.Housekeeping;
import io.raftkv.sim.disk.Machine;
import io.raftkv.sim.disk.ObservedSnapshots;
import io.raftkv.sim.disk.SimLog;
import io.raftkv.sim.disk.SimSnapshots;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.LaneHost;
import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.engine.SimLanes;
import io.raftkv.storage.Scrub;
import io.raftkv.storage.SnapshotFiles;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One run of the production node on a machine. */
final class SimProcess implements LaneHost, Machine {
  private final SimMachine machine;
  private final World world;
  private final int incarnation;
  private final Rng delays;
  final SimLog log;
  final SnapshotStore snapshots;

  /** Of the production stores. */
  private final @Nullable SnapshotFiles snapshotFiles;

  final KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
  boolean isAlive = true;
  private @Nullable RaftNode node;
  Transport.@Nullable Listener listener;
  private @Nullable Throwable failure;
  private boolean isStopping;
  private long logBusyUntilNanos;

  /** Requests that the node has not answered, the oldest first; their clients may have gone on. */
  private final Set<Attempt> waiting = new LinkedHashSet<>();

  SimProcess(SimMachine machine, int incarnation) {
    this.machine = machine;
    this.incarnation = incarnation;
    world = machine.world;
    delays = machine.rng.fork("delays" + incarnation);
    DiskRules rules = new DiskRules(machine, world.rules, world.verdict, world.effects);
    log = new SimLog(machine.log, machine.files, machine.disk, this, rules);
    snapshotFiles = machine.files == null ? null : machine.files.openSnapshots();
    snapshots =
        snapshotFiles == null
            ? new SimSnapshots(machine.snapshots, machine.disk, this, rules)
            : new ObservedSnapshots(
                snapshotFiles, machine.snapshots, machine.disk, this, rules, machine.isRotten);
  }

  int incarnation() {
    return incarnation;
  }

  int machine() {
    return machine.machine();
  }

  void start() {
    world.rules.forEach(rule -> rule.started(machine));
    RaftNode made =
        new RaftNode(
            new RaftNode.Parts(
                machine.id(),
                world.plan.options,
                Duration.ofNanos(world.plan.tickNanos),
                log,
                snapshots,
                new ObservedStateMachine(store, machine, this, world.rules, world.trace),
                world.network.transport(machine.machine(), incarnation),
                new SimLanes(world.scheduler, this),
                machine.clock,
                machine.rng.fork("random" + incarnation),
                Commands::isCommand,
                Commands::isPut,
                this::isDiskFull,
                nanos -> {},
                this::failed));
    node = made;
    made.start();
    afterTurn();
    every(
        world.plan.electionNanos(),
        new Housekeeping(
            made,
            store,
            machine.clock,
            world.plan.historyRevisions,
            world.plan.historyRevisions / 10));
    if (log.files() != null && snapshotFiles != null) {
      every(
          world.plan.scrubNanos,
          new Scrub(log.files(), snapshotFiles, world.plan.segmentBytes, new Mending(made)));
    }
  }

  private boolean isDiskFull() {
    if (machine.disk.isFull()) {
      world.effects.saw(Effect.DISK_FULL);
    }
    return machine.disk.isFull();
  }

  private void every(long nanos, Runnable task) {
    world.scheduler.after(
        nanos,
        () -> {
          if (isAlive) {
            if (machine.pausedUntilNanos <= world.scheduler.nowNanos()) {
              task.run();
              afterTurn();
            }
            every(nanos, task);
          }
        });
  }

  /** Only what is damaged is to be found damaged. */
  private final class Mending implements Scrub.Findings {
    private final RaftNode mended;

    Mending(RaftNode mended) {
      this.mended = mended;
    }

    @Override
    public void logDamaged(long throughIndex) {
      found("log through " + throughIndex);
      mended.logDamaged(throughIndex);
    }

    @Override
    public void snapshotDamaged(SnapshotMeta meta) {
      found("snapshot " + meta.last());
      mended.snapshotDamaged(meta);
    }

    private void found(String what) {
      world.note("rot found", machine.machine(), incarnation);
      world.effects.saw(Effect.ROT_FOUND_AT_REST);
      if (!machine.isRotten) {
        world.verdict.broken(
            "files are not damaged", "member " + machine.id().value() + ": " + what);
      }
    }
  }

  RaftNode node() {
    if (node == null) {
      throw new IllegalStateException("asked before it was made");
    }
    return node;
  }

  void asked(Attempt attempt) {
    waiting.add(attempt);
  }

  void answered(Attempt attempt) {
    waiting.remove(attempt);
  }

  /** Whether a write has no answer yet that was asked for before then. */
  boolean isWriteWaiting(long sinceNanos) {
    for (Attempt attempt : waiting) {
      if (!(attempt instanceof ReadAttempt)) {
        return attempt.askedNanos() < sinceNanos;
      }
    }
    return false;
  }

  void stop() {
    isStopping = true;
    try {
      if (node != null) {
        node.close();
        if (!waiting.isEmpty()) {
          world.verdict.broken(
              "a node that stops answers everybody", "not " + waiting.size() + " of them");
        }
      }
    } catch (ProcessEnded e) {
      // The rest of closing does not happen.
    } catch (RuntimeException e) {
      world.verdict.broken("a node stops", World.trace(e));
    }
  }

  private void failed(Throwable cause) {
    if (isAlive && failure == null) {
      failure = cause;
    }
  }

  @Override
  public void mayEndHere() {
    if (!isAlive) {
      throw new ProcessEnded();
    }
    if (machine.endsAfter >= 0 && --machine.endsAfter < 0 && !isStopping) {
      world.note("ends midway", machine.machine(), incarnation);
      world.effects.saw(Effect.CRASH_MIDWAY);
      machine.end();
      machine.startLater();
      throw new ProcessEnded();
    }
  }

  @Override
  public boolean isAlive() {
    return isAlive;
  }

  @Override
  public long pausedUntilNanos() {
    if (machine.pausedUntilNanos > world.scheduler.nowNanos()) {
      world.effects.saw(Effect.TURN_PAUSED);
    }
    return machine.pausedUntilNanos;
  }

  @Override
  public long turnDelayNanos(String lane) {
    long nanos = delays.exponential(world.plan.turnNanosTail);
    if (delays.chance(world.plan.longTurnChance)) {
      nanos += delays.exponential(world.plan.heartbeatNanos());
    }
    if (isLog(lane)) {
      nanos += machine.disk.syncNanos();
      nanos = Math.max(nanos, logBusyUntilNanos - world.scheduler.nowNanos());
    } else if (lane.contains("snapshot")) {
      nanos += delays.exponential(10 * world.plan.syncNanosTail);
    }
    return nanos;
  }

  @Override
  public long realNanos(long ownNanos) {
    return machine.clock.realNanos(ownNanos);
  }

  @Override
  public void run(String lane, Runnable turn) {
    world.turned(machine.machine(), lane);
    try {
      turn.run();
    } catch (ProcessEnded e) {
      return;
    } catch (RuntimeException | Error e) {
      world.verdict.broken("turns do not throw", World.trace(e));
    }
    if (isLog(lane)) {
      // The first sync is paid for by the delay of the turn; a lane that syncs for each piece of
      // work falls behind.
      for (int syncs = log.takeSyncs(); syncs > 1; syncs--) {
        logBusyUntilNanos =
            Math.max(logBusyUntilNanos, world.scheduler.nowNanos()) + machine.disk.syncNanos();
      }
    }
    afterTurn();
  }

  /** Anything of the node has run: what does it say of itself now? */
  void afterTurn() {
    if (!isAlive || node == null) {
      return;
    }
    if (failure != null) {
      fail(failure);
      return;
    }
    if (machine.files != null && machine.files.isOff()) {
      world.effects.saw(Effect.POWER_CUT_IN_AN_OPERATION);
      machine.end();
      machine.startLater();
      return;
    }
    NodeStatus before = machine.status;
    NodeStatus now = node.status();
    if (now != before) {
      machine.status = now;
      world.observed(machine, before, now);
    }
  }

  private void fail(Throwable cause) {
    if (isDiskFailure(cause)) {
      machine.end();
      machine.startLater();
    } else {
      world.verdict.broken(
          "a node does not fail by itself",
          "member " + machine.id().value() + " stopped: " + World.trace(cause));
    }
  }

  private static boolean isDiskFailure(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof UncheckedIOException || t instanceof java.io.IOException) {
        return true;
      }
    }
    return false;
  }

  private static boolean isLog(String lane) {
    return lane.contains("log");
  }
}
