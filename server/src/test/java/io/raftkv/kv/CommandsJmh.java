package io.raftkv.kv;

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

/** A put on its way into the log and out of it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CommandsJmh {
  private final byte[] key = new ScatteredKeys().next();
  private final byte[] value = new byte[FilledMachine.VALUE_BYTES];
  private final byte[] put = Commands.put(key, value);

  @Benchmark
  public byte[] encode() {
    return Commands.put(key, value);
  }

  /** With the check that this version knows every field. */
  @Benchmark
  public boolean parse() {
    return Commands.isCommand(put);
  }
}
