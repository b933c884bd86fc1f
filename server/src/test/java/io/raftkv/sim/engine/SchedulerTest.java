package io.raftkv.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private final Scheduler scheduler = new Scheduler();
  private final List<String> happened = new ArrayList<>();

  @Test
  void eventsRunInOrderOfTimeThenOfRequest() {
    record Asked(long time, int number) {}
    Rng rng = new Rng(7);
    List<Asked> asked = new ArrayList<>();
    List<Asked> ran = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      Asked event = new Asked(rng.nextInt(50), i);
      asked.add(event);
      scheduler.at(event.time, () -> ran.add(event));
    }

    while (scheduler.runNext(1000)) {}

    asked.sort(Comparator.comparingLong(Asked::time).thenComparing(Asked::number));
    assertThat(ran).isEqualTo(asked);
    assertThat(scheduler.nowNanos()).isEqualTo(49);
    assertThat(scheduler.executed()).isEqualTo(2000);
  }

  @Test
  void eventsAskedForByEventsRunToo() {
    scheduler.at(
        10,
        () -> {
          happened.add("a");
          scheduler.after(5, () -> happened.add("c"));
          scheduler.after(0, () -> happened.add("b"));
        });

    while (scheduler.runNext(100)) {}

    assertThat(happened).containsExactly("a", "b", "c");
    assertThat(scheduler.nowNanos()).isEqualTo(15);
  }

  @Test
  void timePassesEvenIfNothingHappens() {
    scheduler.at(10, () -> happened.add("late"));

    scheduler.runUntil(9, () -> true);
    assertThat(scheduler.nowNanos()).isEqualTo(9);
    assertThat(happened).isEmpty();

    scheduler.runUntil(50, () -> true);
    assertThat(scheduler.nowNanos()).isEqualTo(50);
    assertThat(happened).containsExactly("late");
  }

  @Test
  void nothingRunsBeyondTheLimit() {
    scheduler.at(10, () -> happened.add("late"));

    assertThat(scheduler.runNext(9)).isFalse();
    assertThat(scheduler.runNext(10)).isTrue();
  }

  @Test
  void wakesBetweenTwoTurnsCountAsOne() {
    Host host = new Host();
    var lane =
        new SimLanes(scheduler, host).create("lane", () -> happened.add("turn"), Duration.ZERO);
    lane.start();
    lane.wake();
    lane.wake();
    while (scheduler.runNext(100)) {}
    assertThat(happened).containsExactly("turn");

    lane.wake();
    while (scheduler.runNext(100)) {}
    assertThat(happened).hasSize(2);
  }

  @Test
  void periodWakesALane() {
    Host host = new Host();
    new SimLanes(scheduler, host)
        .create("lane", () -> happened.add("turn"), Duration.ofNanos(10))
        .start();

    while (scheduler.runNext(45)) {}

    assertThat(happened).hasSize(5); // at the start, then at 10, 20, 30 and 40
  }

  @Test
  void pausedProcessRunsItsTurnsLater() {
    Host host = new Host();
    host.pausedUntilNanos = 70;
    var lane =
        new SimLanes(scheduler, host).create("lane", () -> happened.add("turn"), Duration.ZERO);
    lane.start();
    while (scheduler.runNext(69)) {}
    assertThat(happened).isEmpty();

    while (scheduler.runNext(70)) {}
    assertThat(happened).containsExactly("turn");
  }

  @Test
  void deadProcessRunsNothing() {
    Host host = new Host();
    var lane =
        new SimLanes(scheduler, host)
            .create("lane", () -> happened.add("turn"), Duration.ofNanos(10));
    lane.start();
    host.isAlive = false;
    while (scheduler.runNext(100)) {}

    assertThat(happened).isEmpty();
  }

  @Test
  void forksDependOnTheirNameAloneAndNotOnDraws() {
    Rng one = new Rng(5);
    Rng other = new Rng(5);
    other.nextLong();

    assertThat(one.fork("a").nextLong()).isEqualTo(other.fork("a").nextLong());
    assertThat(one.fork("a").nextLong()).isNotEqualTo(one.fork("b").nextLong());
  }

  @Test
  void drawsStayWithinTheirBounds() {
    Rng rng = new Rng(1);
    boolean[] seen = new boolean[5];
    for (int i = 0; i < 10_000; i++) {
      seen[rng.nextInt(5)] = true;
      assertThat(rng.between(3, 9)).isBetween(3L, 9L);
      assertThat(rng.magnitude(2, 1000)).isBetween(2L, 1000L);
      assertThat(rng.nextDouble()).isBetween(0.0, 1.0);
      assertThat(rng.exponential(10)).isNotNegative();
    }
    assertThat(seen).containsOnly(true);
  }

  private static final class Host implements LaneHost {
    boolean isAlive = true;
    long pausedUntilNanos;

    @Override
    public boolean isAlive() {
      return isAlive;
    }

    @Override
    public long pausedUntilNanos() {
      return pausedUntilNanos;
    }

    @Override
    public long turnDelayNanos(String lane) {
      return 1;
    }

    @Override
    public long realNanos(long ownNanos) {
      return ownNanos;
    }

    @Override
    public void run(String lane, Runnable turn) {
      turn.run();
    }
  }
}
