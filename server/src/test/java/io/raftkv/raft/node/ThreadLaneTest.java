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
  private final AtomicInteger turns = new AtomicInteger();
  private final AtomicReference<Thread> last = new AtomicReference<>();

  private ThreadLane counting(Duration period) {
    return new ThreadLane(
        "test",
        () -> {
          turns.incrementAndGet();
          last.set(Thread.currentThread());
        },
        period);
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
    try (ThreadLane lane = new ThreadLane("test", turn, Duration.ZERO)) {
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
                      lane.runOrWake();
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
  void idleLaneRunsOnTheCallerThatOffersIt() {
    try (ThreadLane lane = counting(Duration.ZERO)) {
      lane.start();
      lane.runOrWake();
      assertThat(turns).hasValue(1);
      assertThat(last).hasValue(Thread.currentThread());
    }
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
      lane.runOrWake();
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
    try (ThreadLane lane = new ThreadLane("test", turn, Duration.ZERO)) {
      lane.start();
      Thread caller = new Thread(lane::runOrWake);
      caller.start();
      began.await();
      lane.runOrWake();
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
    ThreadLane lane = new ThreadLane("test", turn, Duration.ofMillis(1));
    lane.start();
    Thread caller = new Thread(lane::runOrWake);
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
    lane.runOrWake();
    assertThat(turns).hasValue(before);
  }

  @Test
  void laneMayCloseItselfInATurn() {
    AtomicReference<ThreadLane> itself = new AtomicReference<>();
    ThreadLane lane =
        new ThreadLane(
            "test",
            () -> {
              turns.incrementAndGet();
              itself.get().close();
            },
            Duration.ZERO);
    itself.set(lane);
    lane.start();
    lane.runOrWake();
    lane.runOrWake();

    assertThat(turns).hasValue(1);
  }
}
