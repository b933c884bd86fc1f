package io.raftkv.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What counts, whatever the time that it takes. */
final class LoadsTest {
  private static final long MILLI = 1_000_000;

  private static final class Named implements BenchTarget {
    @Override
    public CompletableFuture<?> put(byte[] key, byte[] value) {
      throw new AssertionError("not asked");
    }

    @Override
    public CompletableFuture<?> get(byte[] key) {
      throw new AssertionError("not asked");
    }

    @Override
    public Scanned scan(byte[] prefix) {
      throw new IllegalStateException("no");
    }

    @Override
    public String reason(Throwable failure) {
      return failure.getClass().getSimpleName();
    }

    @Override
    public void close() {}
  }

  private static CompletableFuture<?> after(long millis) {
    Executor later = CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS);
    return CompletableFuture.runAsync(() -> {}, later);
  }

  @Test
  void closedLoopKeepsAsManyUnderWayAsThereAreClients() throws InterruptedException {
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();

    Sample sample =
        ClosedLoop.run(
            () -> {
              most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
              return after(2).whenComplete((result, failure) -> underWay.decrementAndGet());
            },
            new Named(),
            5,
            50 * MILLI);

    assertThat(most).hasValue(5);
    assertThat(sample.operations()).isEqualTo(sample.micros().getTotalCount()).isPositive();
    assertThat(sample.micros().getMinValue()).isGreaterThanOrEqualTo(1_900);
  }

  @Test
  void failuresAreCountedByReasonAndTheLoopGoesOn() throws InterruptedException {
    AtomicInteger sent = new AtomicInteger();

    Sample sample =
        ClosedLoop.run(
            () ->
                sent.getAndIncrement() == 0
                    ? CompletableFuture.failedFuture(new IllegalStateException("no"))
                    : after(1),
            new Named(),
            1,
            100 * MILLI);

    assertThat(sample.errors()).containsOnlyKeys("IllegalStateException").containsValue(1L);
    assertThat(sample.operations()).isEqualTo(sent.get() - 1);
  }

  /** The one place is taken until after the end: nine of ten have their moment and cannot leave. */
  @Test
  void whatCouldNotBeSentCountsWithTheTimeThatItHasWaited() throws InterruptedException {
    Sample sample = FixedRate.run(() -> after(2_000), new Named(), 100, 1, 100 * MILLI);

    assertThat(sample.errors()).containsExactly(java.util.Map.entry("NOT_SENT", 9L));
    assertThat(sample.operations()).isEqualTo(1);
    assertThat(sample.micros().getTotalCount()).isEqualTo(10);
    assertThat(sample.micros().getMaxValue()).isGreaterThanOrEqualTo(1_990_000);
  }

  @Test
  void scanThatFailsIsCounted() throws InterruptedException {
    Sample sample = Scans.run(new Named(), new byte[] {1}, 1, 500 * MILLI);

    assertThat(sample.errors()).containsKey("IllegalStateException");
    assertThat(sample.operations()).isZero();
  }
}
