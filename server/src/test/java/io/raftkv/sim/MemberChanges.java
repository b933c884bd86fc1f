package io.raftkv.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.Member.Standing;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.MembershipChange;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Rng;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who wants other members now and then: asks any of them to let machines join, to promote
 * learners, to replace and to remove. Whether that is possible is the leader's to say.
 */
final class MemberChanges {
  private final World world;
  private final Rng rng;
  private final Rng standIns;
  private boolean isActive = true;

  /** Machines that have never been members, from this one on. */
  private int nextMachine;

  MemberChanges(World world) {
    this.world = world;
    rng = world.rng.fork("members");
    standIns = world.rng.fork("stand-ins");
    nextMachine = world.plan.founders;
  }

  void start() {
    if (world.plan.changeEveryNanos > 0) {
      later();
    }
  }

  void stop() {
    isActive = false;
  }

  private void later() {
    world.scheduler.after(rng.exponential(world.plan.changeEveryNanos), this::next);
  }

  private void next() {
    if (!isActive) {
      return;
    }
    later();
    List<SimMachine> leaders = world.machines.stream().filter(SimMachine::isLeader).toList();
    List<SimMachine> all = leaders.isEmpty() || rng.chance(0.5) ? world.machines : leaders;
    ask(all.get(rng.nextInt(all.size())));
  }

  /** A leader in its first moments, or cut off, is where changes go wrong. */
  void elected(SimMachine leader) {
    if (world.plan.changeEveryNanos > 0) {
      if (rng.chance(0.2)) {
        world.scheduler.after(1, () -> ask(leader));
      }
      world.scheduler.after(rng.exponential(world.plan.faultEveryNanos), () -> ask(leader));
    }
  }

  private void ask(SimMachine asked) {
    if (!isActive) {
      return;
    }
    SimProcess process = asked.process;
    if (process == null || asked.pausedUntilNanos > world.scheduler.nowNanos()) {
      return;
    }
    Configuration known = process.node().status().configuration();
    if (known.members().isEmpty()) {
      return;
    }
    MembershipChange change = change(known);
    if (rng.chance(0.2)) {
      change = change.expecting(process.node().status().configurationIndex());
    }
    world.health.disturbed();
    world.note("wants members changed", change.kind().ordinal(), change.member().id().value());
    MembershipChange wanted = change;
    process
        .node()
        .changeMembership(change)
        .whenComplete((membership, failure) -> ended(wanted, membership, failure));
    process.afterTurn();
    if (rng.chance(0.3)) {
      world.scheduler.after(rng.exponential(world.plan.heartbeatNanos()), () -> ask(asked));
    }
  }

  private MembershipChange change(Configuration known) {
    Member any = known.members().get(rng.nextInt(known.members().size()));
    List<Member> learners = known.members().stream().filter(member -> !member.isVoter()).toList();
    if (nextMachine < world.plan.machines && rng.chance(0.5)) {
      return MembershipChange.add(newcomer(known, any));
    }
    if (!learners.isEmpty() && rng.chance(0.5)) {
      return MembershipChange.promote(learners.get(rng.nextInt(learners.size())).id());
    }
    return MembershipChange.remove(any.id());
  }

  private Member newcomer(Configuration known, Member any) {
    // Now and then somebody who was removed, which must not be.
    long number =
        !known.removed().isEmpty() && rng.chance(0.2)
            ? known.removed().get(0).value()
            : nextMachine + 1;
    Standing standing = rng.chance(0.7) ? Standing.JOINING : Standing.LEARNER;
    if (world.plan.hasStandIns && standIns.chance(0.7)) {
      return standIn(new MemberId(number), known);
    }
    boolean isReplacement = standing == Standing.JOINING && rng.chance(0.5);
    return new Member(
        new MemberId(number),
        "n" + number,
        "sim:" + number,
        standing,
        isReplacement ? any.id() : MemberId.NONE);
  }

  /** Mostly for somebody who is down; else it is refused, or should be. */
  private Member standIn(MemberId id, Configuration known) {
    List<Member> down =
        known.members().stream()
            .filter(member -> !world.machines.get((int) member.id().value() - 1).isRunning())
            .toList();
    List<Member> candidates = down.isEmpty() ? known.members() : down;
    Member replaced = candidates.get(standIns.nextInt(candidates.size()));
    return new Member(id, replaced.name(), replaced.peerAddress(), Standing.JOINING, replaced.id());
  }

  private void ended(
      MembershipChange change, @Nullable Membership membership, @Nullable Throwable failure) {
    world.note("members changed", change.kind().ordinal(), failure == null ? 1 : 0);
    if (membership == null) {
      return;
    }
    switch (change.kind()) {
      case ADD -> {
        nextMachine = Math.max(nextMachine, (int) change.member().id().value());
        world.effects.saw(Effect.MEMBER_ADDED);
        if (!change.member().name().equals("n" + change.member().id().value())) {
          world.effects.saw(Effect.MEMBER_STOOD_IN);
        }
      }
      case PROMOTE -> world.effects.saw(Effect.MEMBER_PROMOTED);
      case REMOVE -> world.effects.saw(Effect.MEMBER_REMOVED);
    }
  }
}
