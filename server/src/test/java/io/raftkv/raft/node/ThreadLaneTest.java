package io.raftkv.raft.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A lane runs one turn at a time, whoever runs it, and misses nothing. */
@Timeout(60)
final class ThreadLaneTest {
  private static final String NAME = "lane-under-test";

  private final AtomicInteger turns = new AtomicInteger();
  private final AtomicReference<Thread> last = new AtomicReference<>();

  private ThreadLane counting(Duration period) {
    return new ThreadLane(
        NAME,
        () -> {
          turns.incrementAndGet();
          last.set(Thread.currentThread());
        },
        period,
        () -> true);
  }

  /**
   * Starts lanes and waits until their threads wait too: a thread that has not come that far takes
   * the first turns itself.
   */
  private static void startIdle(ThreadLane... lanes) {
    for (ThreadLane lane : lanes) {
      lane.start();
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(1))
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals(NAME))
                    .allMatch(thread -> thread.getState() == Thread.State.WAITING));
  }

  @Test
  void everythingHandedOverIsTakenAndNeverByTwoAtOnce() throws Exception {
    int threads = 4;
    int each = 50_000;
    Queue<Integer> handed = new ConcurrentLinkedQueue<>();
    AtomicBoolean isInTurn = new AtomicBoolean();
    AtomicInteger overlaps = new AtomicInteger();
    // Not atomic: only the turns, one after another, may see and change it.
    int[] taken = {0};
    AtomicInteger takenSeen = new AtomicInteger();
    Runnable turn =
        () -> {
          if (!isInTurn.compareAndSet(false, true)) {
            overlaps.incrementAndGet();
          }
          while (handed.poll() != null) {
            taken[0]++;
          }
          takenSeen.set(taken[0]);
          isInTurn.set(false);
        };
    try (ThreadLane lane = new ThreadLane(NAME, turn, Duration.ZERO, () -> true)) {
      lane.start();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        boolean lends = i % 2 == 0;
        Thread caller =
            new Thread(
                () -> {
                  for (int n = 0; n < each; n++) {
                    handed.add(n);
                    if (lends) {
                      Loan.lend(lane::wake);
                    } else {
                      lane.wake();
                    }
                  }
                });
        caller.start();
        callers.add(caller);
      }
      for (Thread caller : callers) {
        caller.join();
      }
      await().atMost(Duration.ofSeconds(30)).until(() -> takenSeen.get() == threads * each);
    }
    assertThat(overlaps).hasValue(0);
  }

  @Test
  void idleLaneRunsOnAThreadThatLendsItself() {
    try (ThreadLane lane = counting(Duration.ZERO)) {
      startIdle(lane);
      Loan.lend(lane::wake);
      assertThat(turns).hasValue(1);
      assertThat(last).hasValue(Thread.currentThread());
    }
  }

  @Test
  void lanesWokenByALentTurnRunThereToo() {
    List<String> ran = new ArrayList<>();
    try (ThreadLane second = new ThreadLane(NAME, () -> ran.add("b"), Duration.ZERO, () -> true);
        ThreadLane first =
            new ThreadLane(
                NAME,
                () -> {
                  second.wake();
                  ran.add("a");
                },
                Duration.ZERO,
                () -> true)) {
      startIdle(second, first);

      Loan.lend(
          () -> {
            first.wake();
            Loan.lend(first::wake);
            ran.add("work");
          });

      assertThat(ran).containsExactly("work", "a", "b");
    }
  }

  @Test
  void turnThatIsNotLightAnyMoreRunsOnItsThread() {
    AtomicBoolean isLight = new AtomicBoolean(true);
    try (ThreadLane lane =
        new ThreadLane(NAME, () -> last.set(Thread.currentThread()), Duration.ZERO, isLight::get)) {
      lane.start();

      Loan.lend(
          () -> {
            lane.wake();
            isLight.set(false);
          });

      await().atMost(Duration.ofSeconds(30)).until(() -> last.get() != null);
      assertThat(last.get()).isNotEqualTo(Thread.currentThread());
    }
  }

  /** A lender has other work: lanes that wake each other are not to keep it for ever. */
  @Test
  void lanesThatWakeEachOtherGoBackToTheirThreads() {
    AtomicInteger here = new AtomicInteger();
    Thread lender = Thread.currentThread();
    List<ThreadLane> lanes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      int other = 1 - i;
      lanes.add(
          new ThreadLane(
              NAME,
              () -> {
                here.addAndGet(Thread.currentThread() == lender ? 1 : 0);
                if (turns.incrementAndGet() < 1_000) {
                  lanes.get(other).wake();
                }
              },
              Duration.ZERO,
              () -> true));
    }
    startIdle(lanes.get(0), lanes.get(1));

    Loan.lend(lanes.get(0)::wake);

    await().atMost(Duration.ofSeconds(30)).until(() -> turns.get() == 1_000);
    assertThat(here.get()).isBetween(1, 20);
    lanes.forEach(ThreadLane::close);
  }

  @Test
  void laneThatIsOnlyWokenRunsOnItsThread() {
    try (ThreadLane lane = counting(Duration.ZERO)) {
      lane.start();
      lane.wake();
      await().atMost(Duration.ofSeconds(30)).until(() -> turns.get() == 1);
      assertThat(last.get()).isNotEqualTo(Thread.currentThread());
    }
  }

  @Test
  void laneThatHasNotStartedRunsNothingUntilItHas() {
    try (ThreadLane lane = counting(Duration.ZERO)) {
      Loan.lend(lane::wake);
      assertThat(turns).hasValue(0);
      lane.start();
      await().atMost(Duration.ofSeconds(30)).until(() -> turns.get() == 1);
    }
  }

  @Test
  void whatComesDuringATurnOnACallerIsForTheThread() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> runners = new ArrayList<>();
    Runnable turn =
        () -> {
          runners.add(Thread.currentThread());
          turns.incrementAndGet();
          began.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    try (ThreadLane lane = new ThreadLane(NAME, turn, Duration.ZERO, () -> true)) {
      startIdle(lane);
      Thread caller = new Thread(() -> Loan.lend(lane::wake));
      caller.start();
      began.await();
      Loan.lend(lane::wake);
      assertThat(turns).hasValue(1);
      go.countDown();
      caller.join();
      await().atMost(Duration.ofSeconds(30)).until(() -> turns.get() == 2);
      assertThat(runners.get(0)).isEqualTo(caller);
      assertThat(runners.get(1)).isNotIn(caller, Thread.currentThread());
    }
  }

  @Test
  void periodBeginsTurnsThatNobodyAskedFor() {
    try (ThreadLane lane = counting(Duration.ofMillis(1))) {
      lane.start();
      await().atMost(Duration.ofSeconds(30)).until(() -> turns.get() >= 3);
    }
  }

  @Test
  void closedLaneWaitsForTheTurnOnACallerAndRunsNoMore() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean hasEnded = new AtomicBoolean();
    Runnable turn =
        () -> {
          began.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          hasEnded.set(true);
          turns.incrementAndGet();
        };
    ThreadLane lane = new ThreadLane(NAME, turn, Duration.ofMillis(1), () -> true);
    lane.start();
    Thread caller = new Thread(() -> Loan.lend(lane::wake));
    caller.start();
    began.await();
    AtomicBoolean hadEnded = new AtomicBoolean();
    Thread closer =
        new Thread(
            () -> {
              lane.close();
              hadEnded.set(hasEnded.get());
            });
    closer.start();
    closer.join(TimeUnit.MILLISECONDS.toMillis(50));
    assertThat(closer.isAlive()).isTrue();
    go.countDown();
    closer.join();
    caller.join();

    assertThat(hadEnded).isTrue();
    int before = turns.get();
    lane.wake();
    Loan.lend(lane::wake);
    assertThat(turns).hasValue(before);
  }

  @Test
  void laneMayCloseItselfInATurn() {
    AtomicReference<ThreadLane> itself = new AtomicReference<>();
    ThreadLane lane =
        new ThreadLane(
            NAME,
            () -> {
              turns.incrementAndGet();
              itself.get().close();
            },
            Duration.ZERO,
            () -> true);
    itself.set(lane);
    startIdle(lane);
    Loan.lend(lane::wake);
    Loan.lend(lane::wake);

    assertThat(turns).hasValue(1);
  }
}
