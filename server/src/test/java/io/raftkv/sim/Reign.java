package io.raftkv.sim;

import io.raftkv.sim.engine.Effect;
import org.jspecify.annotations.Nullable;

/**
 * A leader that is well together with a majority keeps its place: whoever cannot hear it does not
 * even raise the term (thesis 4.2.3 and 9.6), for it wins no pre-vote from those that do.
 */
final class Reign {
  private static final int TIMEOUTS = 3;

  private final World world;

  /** False where leaders may fall without anybody's fault. */
  private final boolean isJudged;

  private @Nullable SimMachine leader;
  private long term;

  Reign(World world) {
    this.world = world;
    // A turn that takes heartbeats is as good as silence, and whoever was told to take over does,
    // however late the message comes.
    isJudged = world.plan.longTurnChance == 0 && !world.plan.faults.contains(Fault.TRANSFER);
  }

  void check() {
    if (!isJudged) {
      return;
    }
    long since = world.scheduler.nowNanos() - TIMEOUTS * world.plan.electionNanos();
    SimMachine reigning = leader;
    if (reigning != null && world.health.isMajorityWell(since, reigning.place())) {
      world.effects.saw(Effect.REIGN_JUDGED);
      judge(reigning);
    } else {
      leader = null;
      begin(since);
    }
  }

  private void begin(long since) {
    long highest = world.machines.stream().mapToLong(SimMachine::term).max().orElse(0);
    for (SimMachine machine : world.machines) {
      // A term above its own was drawn before, and deposes it as soon as it is heard.
      if (machine.isLeader()
          && machine.term() == highest
          && world.health.isMajorityWell(since, machine.place())) {
        leader = machine;
        term = highest;
      }
    }
  }

  private void judge(SimMachine reigning) {
    for (SimMachine machine : world.machines) {
      if (machine.term() > term) {
        broken(reigning, "member " + machine.id().value() + " raised it to " + machine.term());
      }
    }
    if (!reigning.isLeader()) {
      broken(reigning, "it leads no more");
    }
  }

  private void broken(SimMachine reigning, String how) {
    world.verdict.broken(
        "Reign (thesis 4.2.3, 9.6)",
        String.format(
            "member %d led term %d with a majority that was well: %s",
            reigning.id().value(), term, how));
  }
}
