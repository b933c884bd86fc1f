package io.raftkv.sim;

import io.raftkv.raft.MemberId;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.engine.Strongest;
import io.raftkv.sim.net.Network;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Brings about the faults of a world, one after the other and several at a time, until it ends. */
final class Nemesis {
  private final World world;
  private final Rng rng;
  private final Rng room;
  private final Rng losses;
  private final List<Fault> faults;
  private boolean isActive = true;

  Nemesis(World world) {
    this.world = world;
    rng = world.rng.fork("nemesis");
    room = world.rng.fork("room");
    losses = world.rng.fork("losses");
    // What came later has its own pace and draws: the worlds from before are what they were.
    faults = world.plan.faults.stream().filter(fault -> fault != Fault.LOST_FOLDER).toList();
  }

  void start() {
    if (!faults.isEmpty()) {
      world.network.disturb(world.plan.duplicates, world.plan.overtaking);
      world.scheduler.after(rng.exponential(world.plan.faultEveryNanos), this::next);
    }
    if (world.plan.faults.contains(Fault.LOST_FOLDER)) {
      loseLater();
    }
  }

  /** Ends all faults, for good. */
  void stop() {
    isActive = false;
    world.network.heal();
    for (SimMachine machine : world.machines) {
      machine.disk.heal();
      if (machine.files != null) {
        machine.files.heal();
      }
      machine.resume();
      machine.endsAfter = -1;
      machine.start();
    }
  }

  private void next() {
    if (!isActive) {
      return;
    }
    world.scheduler.after(rng.exponential(world.plan.faultEveryNanos), this::next);
    Fault fault = faults.get(rng.nextInt(faults.size()));
    world.health.disturbed();
    world.note("fault", fault.ordinal(), 0);
    if (world.trace.isWritten()) {
      world.trace.line("fault " + fault);
    }
    strike(fault);
  }

  private void strike(Fault fault) {
    long now = world.scheduler.nowNanos();
    // Healing ends all faults: a pause or a hang that is under way then could not be cut short.
    long nanosMax = Math.max(1, world.plan.chaosNanos - now);
    long nanos = Math.min(nanosMax, 1 + rng.exponential(world.plan.faultNanos));
    SimMachine any = world.at(rng.nextInt(world.plan.machines));
    switch (fault) {
      case CRASH -> crash(any);
      case CRASH_LEADER -> crash(leader(any));
      case CRASH_MIDWAY -> {
        SimMachine machine = rng.chance(0.5) ? leader(any) : any;
        if (machine.files != null && rng.chance(0.5)) {
          machine.files.cutPowerSoon();
        } else {
          machine.endsAfter = rng.nextInt(rng.chance(0.5) ? 4 : 40);
        }
      }
      case CRASH_ALL -> world.machines.forEach(this::crash);
      case STOP -> {
        world.effects.saw(Effect.STOP);
        any.stop();
        any.startLater();
      }
      case PAUSE -> any.pauseUntil(now + nanos);
      case PAUSE_LEADER -> leader(any).pauseUntil(now + nanos);
      case CUT_ONE_WAY -> {
        int to = rng.nextInt(world.plan.machines);
        if (to != any.place()) {
          cut(any.machine(), world.at(to).machine(), nanos);
        }
      }
      case ISOLATE -> isolate(any, nanos);
      case ISOLATE_LEADER -> isolate(leader(any), nanos);
      case PARTITION -> {
        long side = rng.nextLong();
        cutWhere((a, b) -> ((side >> a) & 1) != ((side >> b) & 1), nanos);
      }
      case BRIDGE -> {
        long side = rng.nextLong();
        int bridge = any.place();
        cutWhere(
            (a, b) -> a != bridge && b != bridge && ((side >> a) & 1) != ((side >> b) & 1), nanos);
      }
      case RING -> {
        int n = world.plan.machines;
        cutWhere((a, b) -> (a + 1) % n != b && (b + 1) % n != a, nanos);
      }
      case LOSS -> {
        double chance = rng.nextDouble() * (rng.chance(0.3) ? 0.6 : 0.1);
        links((a, b) -> true, (a, b) -> overlap(world.network.loss(a, b), chance, nanos));
      }
      case SLOW_LINKS -> {
        int factor = (int) rng.magnitude(2, 60);
        int slow = any.place();
        links(
            (a, b) -> a == slow || b == slow,
            (a, b) -> overlap(world.network.slowness(a, b), factor, nanos));
      }
      case SLOW_DISK -> overlap(any.disk.slowness, rng.magnitude(2, 100), nanos);
      case HUNG_DISK -> (rng.chance(0.5) ? leader(any) : any).disk.hangUntil(now + nanos);
      case FAILING_DISK -> overlap(any.disk.syncFailures, 0.3 * rng.nextDouble(), nanos);
      case FULL_DISK -> {
        boolean isAll = rng.chance(0.3);
        SimMachine machine = rng.chance(0.5) ? leader(any) : any;
        for (SimMachine each : world.machines) {
          if (isAll || each == machine) {
            long logBytes = room.chance(0.5) ? Long.MAX_VALUE : room.magnitude(500, 20_000);
            each.disk.fillUntil(now + nanos, logBytes);
          }
        }
      }
      case FAILING_SNAPSHOTS -> overlap(any.disk.snapshotFailures, rng.nextDouble(), nanos);
      case ROT -> rot(any);
      case REFUSED -> {
        int peer = rng.nextInt(world.plan.machines);
        if (peer != any.place() && any.isRunning()) {
          world.effects.saw(Effect.CONNECTION_REFUSED);
          world.unreachable(any.machine(), world.at(peer).machine());
        }
      }
      case CLOCK_JUMP -> {
        world.effects.saw(Effect.CLOCK_JUMPED);
        any.clock.jumpWall(rng.between(-600_000, 600_000));
      }
      case TRANSFER -> {
        SimProcess process = any.process;
        if (process != null && any.pausedUntilNanos <= now) {
          MemberId target =
              rng.chance(0.3) ? MemberId.NONE : world.at(rng.nextInt(world.plan.machines)).id();
          process.node().transferLeadership(target).whenComplete(this::handedOver);
          process.afterTurn();
        }
      }
      case LOST_FOLDER -> throw new IllegalStateException(fault + " strikes by itself");
    }
  }

  private void loseLater() {
    world.scheduler.after(
        losses.exponential(world.plan.lossEveryNanos),
        () -> {
          if (isActive) {
            loseLater();
            loseAny();
          }
        });
  }

  /** Never so many disks that the rest is no majority, until others stand in for them. */
  private void loseAny() {
    SimMachine any = world.at(losses.nextInt(world.plan.machines));
    SimMachine machine = losses.chance(0.3) ? leader(any) : any;
    boolean isBearable = world.repairs.isBroken(machine) || world.repairs.isOneMoreBearable();
    if (!machine.isOut() && isBearable) {
      world.health.disturbed();
      machine.lose();
    }
  }

  private void handedOver(@Nullable MemberId leader, @Nullable Throwable failure) {
    if (failure == null) {
      world.effects.saw(Effect.LEADERSHIP_HANDED_OVER);
    }
  }

  /** Who leads now: others may still think that they do. */
  private SimMachine leader(SimMachine otherwise) {
    SimMachine newest = null;
    for (SimMachine machine : world.machines) {
      if (machine.isLeader() && (newest == null || machine.term() > newest.term())) {
        newest = machine;
      }
    }
    return newest == null ? otherwise : newest;
  }

  private void crash(SimMachine machine) {
    if (machine.isRunning()) {
      world.effects.saw(Effect.CRASH);
      machine.end();
      machine.startLater();
    }
  }

  /** A bit of a file changes while nobody looks. Never on so many members that the rest is none. */
  private void rot(SimMachine machine) {
    if (machine.files == null || machine.isRotten || !world.repairs.isOneMoreBearable()) {
      return;
    }
    boolean isUnderWay = world.plan.isRottingUnderWay && machine.isRunning();
    if (!isUnderWay) {
      machine.end();
    }
    machine.isRotten = machine.files.rot();
    if (machine.isRotten) {
      world.effects.saw(Effect.FILE_ROTTEN);
    }
    if (!isUnderWay) {
      machine.startLater();
    }
  }

  private void isolate(SimMachine machine, long nanos) {
    int alone = machine.place();
    int ways = 1 + rng.nextInt(3);
    cutWhere((a, b) -> ((ways & 1) != 0 && a == alone) || ((ways & 2) != 0 && b == alone), nanos);
  }

  /** By place. */
  private interface LinkFilter {
    boolean test(int from, int to);
  }

  /** By machine. */
  private interface LinkAction {
    void run(int from, int to);
  }

  private void cutWhere(LinkFilter filter, long nanos) {
    links(filter, (from, to) -> cut(from, to, nanos));
  }

  private void cut(int from, int to, long nanos) {
    Network network = world.network;
    network.cut(from, to);
    later(nanos, () -> network.mend(from, to));
  }

  private void links(LinkFilter filter, LinkAction action) {
    int n = world.plan.machines;
    for (int from = 0; from < n; from++) {
      for (int to = 0; to < n; to++) {
        if (from != to && filter.test(from, to)) {
          action.run(world.at(from).machine(), world.at(to).machine());
        }
      }
    }
  }

  private void overlap(Strongest fault, double strength, long nanos) {
    fault.begin(strength);
    later(nanos, () -> fault.end(strength));
  }

  private void later(long nanos, Runnable heal) {
    world.scheduler.after(
        nanos,
        () -> {
          if (isActive) {
            heal.run();
          }
        });
  }
}
