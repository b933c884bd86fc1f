package io.raftkv.kv;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What is done with a whole state of {@link ScatteredKeys#COUNT} keys, in memory. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class SnapshotJmh {
  private final KvStateMachine machine = new FilledMachine().machine;
  private final byte[] snapshot = Machines.snapshot(machine);

  @Benchmark
  public byte[] write() {
    return Machines.snapshot(machine);
  }

  @Benchmark
  public Object restore() throws IOException {
    return Machines.restored(snapshot, KvLimits.DEFAULT);
  }

  @Benchmark
  public long contentHash() {
    return machine.view().contentHash(0);
  }
}
