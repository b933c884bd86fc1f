package io.raftkv.kv;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time per version that a compaction forgets, one of each key. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class CompactJmh {
  private static final int VERSIONS = 1 << 15;

  private final FilledMachine filled = new FilledMachine();

  @Setup(Level.Invocation)
  public void write() {
    for (int i = 0; i < VERSIONS; i++) {
      filled.apply(filled.put(null));
    }
  }

  @Benchmark
  @OperationsPerInvocation(VERSIONS)
  public void compact() {
    filled.compact();
  }
}
