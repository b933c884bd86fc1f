package io.raftkv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.raftkv.proto.peer.v1.Command;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.engine.Effects;
import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.rule.Observed;
import io.raftkv.sim.rule.Rule;
import io.raftkv.sim.rule.Truth;
import io.raftkv.sim.rule.Verdict;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The harness is distrusted first: rules that are wrong must break, and worlds must be lively. */
class HarnessTest {
  private static final long MINUTES_NANOS = 4 * 60_000_000_000L;

  private static World run(long seed, BiFunction<Verdict, Truth, List<Rule>> rules) {
    try (QuietLog quiet = new QuietLog()) {
      World world = new World(seed, MINUTES_NANOS, null, rules);
      world.run();
      return world;
    }
  }

  private static String verdictOf(Wrong rule) {
    for (long seed = 1; seed <= 40; seed++) {
      World world = run(seed, (verdict, truth) -> List.of(rule.in(verdict)));
      if (world.verdict.isBroken()) {
        return world.verdict.text();
      }
    }
    return "holds";
  }

  private interface Wrong {
    Rule in(Verdict verdict);
  }

  @Test
  void thereIsMoreThanOneTerm() {
    assertThat(
            verdictOf(
                verdict ->
                    new Rule(verdict, "wrong") {
                      @Override
                      public void turned(
                          Observed node, @Nullable NodeStatus before, NodeStatus now) {
                        if (now.term() > 3) {
                          broken(node, "has term %d", now.term());
                        }
                      }
                    }))
        .contains("has term 4");
  }

  @Test
  void entriesAreTruncated() {
    assertThat(
            verdictOf(
                verdict ->
                    new Rule(verdict, "wrong") {
                      @Override
                      public void truncating(Observed node, long from) {
                        broken(node, "truncates");
                      }
                    }))
        .contains("truncates");
  }

  @Test
  void snapshotsAreSent() {
    assertThat(
            verdictOf(
                verdict ->
                    new Rule(verdict, "wrong") {
                      @Override
                      public void sending(Observed node, Message message) {
                        if (message instanceof Message.SnapshotChunk) {
                          broken(node, "sends a snapshot");
                        }
                      }
                    }))
        .contains("sends a snapshot");
  }

  @Test
  void snapshotsAreRestoredAndEntriesApplied() {
    assertThat(
            verdictOf(
                verdict ->
                    new Rule(verdict, "wrong") {
                      private boolean isApplying;

                      @Override
                      public void applying(
                          Observed node, long appliedIndex, List<LogEntry> entries) {
                        isApplying = true;
                      }

                      @Override
                      public void applied(Observed node, long appliedIndex, long stateHash) {
                        if (!isApplying) {
                          broken(node, "restores %d", appliedIndex);
                        }
                        isApplying = false;
                      }
                    }))
        .contains("restores");
  }

  @Test
  void everyWorldCommitsAndConverges() {
    for (long seed = 100; seed < 120; seed++) {
      World world = run(seed, (verdict, truth) -> List.of());
      assertThat(world.verdict.text()).isEmpty();
      assertThat(world.writes).as("writes of seed %d", seed).isGreaterThan(10);
      assertThat(world.history.operations()).hasSizeGreaterThan(50);
    }
  }

  @Test
  void faultsOfEveryKindStrike() throws InvalidProtocolBufferException {
    Effects effects = new Effects();
    int expiries = 0;
    for (long seed = 1; seed <= 60; seed++) {
      World world = run(seed, (verdict, truth) -> List.of());
      effects.add(world.effects);
      expiries += expiries(world.truth);
    }
    assertThat(effects.missing()).as(effects.toString()).isEmpty();
    assertThat(expiries).isPositive();
  }

  @Test
  void damagedMembersComeBack() {
    int worlds = 0;
    long afterLoss = 0;
    long afterRot = 0;
    for (long seed = 1; seed <= 100; seed++) {
      WorldPlan plan = new WorldPlan(new Rng(seed).fork("plan"), MINUTES_NANOS);
      if (plan.spares > 0) {
        World world = run(seed, (verdict, truth) -> List.of());
        assertThat(world.verdict.text()).as("seed %d", seed).isEmpty();
        worlds++;
        if (plan.faults.contains(Fault.LOST_FOLDER)) {
          afterLoss += world.repairs.done();
        } else {
          afterRot += world.repairs.done();
        }
      }
    }
    assertThat(worlds).isGreaterThan(10);
    assertThat(afterLoss).as("after a disk was lost").isGreaterThan(10);
    assertThat(afterRot).as("after files rotted").isPositive();
  }

  /** Commands that found keys whose time was over. */
  private static int expiries(Truth truth) throws InvalidProtocolBufferException {
    int count = 0;
    for (long revision = 1; revision <= truth.revision(); revision++) {
      LogEntry entry = truth.byRevision(revision);
      count += entry != null && Command.parseFrom(entry.data()).hasExpire() ? 1 : 0;
    }
    return count;
  }

  @Test
  void healingEndsEveryFault() {
    for (long seed = 1; seed <= 40; seed++) {
      World world = run(seed, (verdict, truth) -> List.of());
      long now = world.scheduler.nowNanos();
      for (SimMachine machine : world.machines) {
        assertThat(machine.isRunning() || machine.isOut() || machine.isSpare()).isTrue();
        assertThat(machine.pausedUntilNanos).isLessThanOrEqualTo(now);
        assertThat(machine.disk.isPrompt()).as("disk of %s", machine.id()).isTrue();
        for (SimMachine other : world.machines) {
          assertThat(world.network.isHealthy(machine.machine(), other.machine())).isTrue();
        }
      }
    }
  }
}
