package io.raftkv.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.Member.Standing;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Rng;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Members whose disk was damaged or lost come back as somebody else, as {@code Repair} and {@code
 * StandIn} of the server do it: a spare machine, with nothing on its disk, asks any member until
 * the others have let it in under the name and address of the damaged one. Only then it starts; it
 * catches up, and gets its vote from the leader.
 *
 * <p>A machine of the harness is one member for good, so the new member is another machine in the
 * same place.
 */
final class Repairs {
  /** Of those that were let in: the process ends before the folder has passed to them. */
  private static final double FORGOTTEN = 0.2;

  private final World world;
  private final Rng rng;
  private final boolean[] isUnderWay;
  private final boolean[] isCounted;
  private int nextSpare;
  private long done;

  Repairs(World world) {
    this.world = world;
    rng = world.rng.fork("repairs");
    isUnderWay = new boolean[world.plan.machines];
    isCounted = new boolean[world.plan.machinesWithSpares()];
    nextSpare = world.plan.machines;
  }

  /** Members that have come back. */
  long done() {
    return done;
  }

  /** Whether everybody is back, as far as there were spare machines. */
  boolean areDone() {
    for (int place = 0; place < world.plan.machines; place++) {
      if (isUnderWay[place] || !(world.at(place).isOut() || hasItsPlace(world.at(place)))) {
        return false;
      }
    }
    return true;
  }

  void look() {
    for (int place = 0; place < world.plan.machines; place++) {
      SimMachine machine = world.at(place);
      boolean isBack = machine.isStandIn() && !machine.isOut() && hasItsPlace(machine);
      if (isBack && !isCounted[machine.machine()]) {
        isCounted[machine.machine()] = true;
        world.effects.saw(Effect.MEMBER_REPAIRED);
        done++;
      }
    }
  }

  /** Whether one more disk may be damaged: those of a majority of the places have to be whole. */
  boolean isOneMoreBearable() {
    int broken = 0;
    for (int place = 0; place < world.plan.machines; place++) {
      broken += isBroken(world.at(place)) ? 1 : 0;
    }
    return broken < (world.plan.voters() - 1) / 2;
  }

  /** Whether what it has on its disk is not to be counted on: no longer, or not yet. */
  boolean isBroken(SimMachine machine) {
    return machine.isRotten || machine.isOut() || !hasItsPlace(machine);
  }

  /** Whether it has the vote of the one that it stands in for, if that one had any. */
  boolean hasItsPlace(SimMachine machine) {
    Configuration committed = world.truth.configuration();
    boolean isVoters = machine.place() < world.plan.voters();
    return !machine.isStandIn()
        || (isVoters ? committed.isVoter(machine.id()) : committed.contains(machine.id()));
  }

  /** A leader that changes who votes may have to begin anew with what the voters have. */
  void observed(@Nullable NodeStatus before, NodeStatus now) {
    boolean isChanged = before != null && before.configurationIndex() != now.configurationIndex();
    if (world.plan.spares > 0 && isChanged && now.isLeader()) {
      world.health.disturbed();
    }
  }

  /** This one never starts again; another one is to come, if there is one. */
  void begin(SimMachine damaged) {
    int place = damaged.place();
    if (nextSpare < world.machines.size() && !isUnderWay[place]) {
      isUnderWay[place] = true;
      new Repair(place).askLater();
    }
  }

  /** By the end of the turn that says so: its first start is not to be for nothing. */
  private void checkIsMember(MemberId told) {
    if (!world.truth.configuration().contains(told)) {
      world.verdict.broken(
          "who is let in is a member (thesis 4.1)",
          "member " + told.value() + " is not: " + world.truth.configuration());
    }
  }

  private final class Repair {
    private final int place;
    private SimMachine successor;

    /** An answer to an earlier question is none to this one. */
    private int question;

    Repair(int place) {
      this.place = place;
      successor = world.machines.get(nextSpare++);
    }

    void askLater() {
      int asked = ++question;
      world.scheduler.after(1 + rng.exponential(world.plan.electionNanos()), () -> ask(asked));
    }

    private void ask(int asked) {
      if (asked != question || world.verdict.isBroken()) {
        return;
      }
      SimMachine machine = world.at(rng.nextInt(world.plan.machines));
      Optional<Member> present = Optional.empty();
      SimProcess process = machine.process;
      if (process != null && machine.pausedUntilNanos <= world.scheduler.nowNanos()) {
        List<Member> members = process.node().status().configuration().members();
        String name = World.name(place);
        present = members.stream().filter(member -> member.name().equals(name)).findFirst();
      }
      if (process == null || present.isEmpty()) {
        askLater();
        return;
      }
      Member standing = present.get();
      world.note("asks to stand in", successor.machine(), standing.id().value());
      Member renewed =
          new Member(
              successor.id(),
              standing.name(),
              standing.peerAddress(),
              Standing.JOINING,
              standing.id());
      // Whether it was done or not, it is asked again if there is no answer in time.
      world.scheduler.after(
          world.plan.clientTimeoutNanos + world.plan.electionNanos(),
          () -> {
            if (asked == question) {
              askLater();
            }
          });
      process
          .node()
          .changeMembership(MembershipChange.add(renewed))
          .whenComplete(
              (membership, failure) -> {
                if (asked == question) {
                  answered(failure);
                }
              });
      process.afterTurn();
    }

    private void answered(@Nullable Throwable failure) {
      if (failure == null) {
        MemberId told = successor.id();
        world.scheduler.after(1, () -> checkIsMember(told));
      }
      if (failure != null) {
        askLater();
      } else if (rng.chance(FORGOTTEN)) {
        world.effects.saw(Effect.REPAIR_BEGUN_AGAIN);
        // If the folder does not tell whose it was, the place that is kept may be another one's.
        if (rng.chance(0.5) && nextSpare < world.machines.size()) {
          successor = world.machines.get(nextSpare++);
        }
        askLater();
      } else {
        question++;
        isUnderWay[place] = false;
        world.standIn(successor, place);
      }
    }
  }
}
