package io.raftkv.sim;

import io.raftkv.sim.net.Network;
import java.util.Arrays;

/**
 * Which members have been well for how long: their process runs and is not paused, their disk is
 * prompt and has room, and the links between them are whole. Looked at once per heartbeat. By
 * place: who stands in for somebody is well once it votes.
 */
final class Health {
  private static final long NEVER = Long.MAX_VALUE;

  private final World world;
  private final int n;
  private final long[] lives;
  private final long[] runsSince;
  private final long[] wellSince;
  private final long[] linkedSince;
  private long calmSince;

  Health(World world) {
    this.world = world;
    n = world.plan.machines;
    lives = new long[n];
    runsSince = new long[n];
    wellSince = new long[n];
    linkedSince = new long[n * n];
    Arrays.fill(runsSince, NEVER);
    Arrays.fill(wellSince, NEVER);
    Arrays.fill(linkedSince, NEVER);
  }

  /** A fault strikes, somewhere. That one ends is no fault. */
  void disturbed() {
    calmSince = world.scheduler.nowNanos();
  }

  void look() {
    long now = world.scheduler.nowNanos();
    Network network = world.network;
    for (int a = 0; a < n; a++) {
      SimMachine machine = world.at(a);
      int incarnation = world.incarnation(machine.machine());
      boolean doesRun =
          incarnation != 0 && machine.pausedUntilNanos <= now && machine.endsAfter < 0;
      long life = (long) machine.machine() << 32 | incarnation;
      boolean isSame = life == lives[a];
      lives[a] = life;
      runsSince[a] = doesRun ? (isSame ? Math.min(runsSince[a], now) : now) : NEVER;
      boolean isWell =
          doesRun
              && machine.disk.isPrompt()
              && !machine.disk.isFull()
              && world.repairs.hasItsPlace(machine);
      wellSince[a] = isWell ? (isSame ? Math.min(wellSince[a], now) : now) : NEVER;
      for (int b = 0; b < n; b++) {
        int link = a * n + b;
        boolean isLinked = a == b || network.isHealthy(machine.machine(), world.at(b).machine());
        linkedSince[link] = isLinked ? Math.min(linkedSince[link], now) : NEVER;
      }
    }
  }

  /**
   * Whether nothing struck since then, and a majority of the voters has been well together. A
   * majority of the places is one, too, while some of them have no voter.
   *
   * @param member who must be one of them; negative: anyone
   */
  boolean isMajorityWell(long sinceNanos, int member) {
    if (calmSince > sinceNanos || world.plan.changeEveryNanos > 0) {
      // Nor is it known here who votes, once that changes.
      return false;
    }
    int voters = world.plan.voters();
    for (int set = 1; set < 1 << voters; set++) {
      boolean isMajority = 2 * Integer.bitCount(set) > voters;
      boolean hasMember = member < 0 || (set >> member & 1) != 0;
      if (isMajority && hasMember && isWellTogether(set, sinceNanos)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether nothing struck since then, and this member, whatever its disk does, has been running
   * and linked to a majority of the voters that has been well together without it.
   */
  boolean isMajorityWellAround(long sinceNanos, int member) {
    if (calmSince > sinceNanos
        || world.plan.changeEveryNanos > 0
        || runsSince[member] > sinceNanos) {
      return false;
    }
    int voters = world.plan.voters();
    for (int set = 1; set < 1 << voters; set++) {
      boolean isMajority = 2 * Integer.bitCount(set) > voters;
      boolean hasMember = (set >> member & 1) != 0;
      if (isMajority
          && !hasMember
          && isLinkedTo(set, sinceNanos, member)
          && isWellTogether(set, sinceNanos)) {
        return true;
      }
    }
    return false;
  }

  private boolean isLinkedTo(int set, long sinceNanos, int member) {
    for (int other = 0; other < n; other++) {
      boolean isWhole =
          linkedSince[member * n + other] <= sinceNanos
              && linkedSince[other * n + member] <= sinceNanos;
      if ((set >> other & 1) != 0 && !isWhole) {
        return false;
      }
    }
    return true;
  }

  private boolean isWellTogether(int set, long sinceNanos) {
    for (int a = 0; a < n; a++) {
      if ((set >> a & 1) == 0) {
        continue;
      }
      if (wellSince[a] > sinceNanos) {
        return false;
      }
      for (int b = 0; b < n; b++) {
        if ((set >> b & 1) != 0 && linkedSince[a * n + b] > sinceNanos) {
          return false;
        }
      }
    }
    return true;
  }
}
