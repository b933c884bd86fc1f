package io.raftkv.raft.node;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.openjdk.jmh.infra.Control;

/**
 * Items per microsecond that all producers together bring through, the score of {@code offer},
 * while one thread drains. Who finds the mailbox full, or empty, lets another thread run.
 */
@State(Scope.Group)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class MailboxJmh {
  private static final Object ITEM = new Object();

  private final Mailbox<Object> mailbox = new Mailbox<>(4_096);

  @Benchmark
  @Group("producers1")
  @GroupThreads(1)
  public void offer1(Control control) {
    offer(control);
  }

  @Benchmark
  @Group("producers1")
  @GroupThreads(1)
  public void drain1(Blackhole sink) {
    drain(sink);
  }

  @Benchmark
  @Group("producers4")
  @GroupThreads(4)
  public void offer4(Control control) {
    offer(control);
  }

  @Benchmark
  @Group("producers4")
  @GroupThreads(1)
  public void drain4(Blackhole sink) {
    drain(sink);
  }

  private void offer(Control control) {
    // At the end nobody may be left to drain.
    while (!mailbox.offer(ITEM) && !control.stopMeasurement) {
      Thread.yield();
    }
  }

  private void drain(Blackhole sink) {
    if (mailbox.drain(sink::consume) == 0) {
      Thread.yield();
    }
  }
}
