package io.raftkv.kv;

import io.raftkv.raft.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Time per put of a key that exists. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class ApplyJmh {
  private static final int PUTS = 1 << 15;

  /** Writes of the session that are under way at a time. */
  private static final int OUTSTANDING = 256;

  /** Entries that are published together. */
  @Param({"1", "64"})
  public int batch;

  /** Whether the puts have the request ids of a session. */
  @Param({"false", "true"})
  public boolean isOfSession;

  private final FilledMachine filled = new FilledMachine();
  private final List<List<LogEntry>> batches = new ArrayList<>();
  private long sequence;

  public ApplyJmh() {
    filled.apply(Commands.openSession("bench", 1_000));
  }

  /** Not measured: without compaction the history would fill the heap. */
  @Setup(Level.Invocation)
  public void prepare() {
    filled.compact();
    batches.clear();
    for (int i = 0; i < PUTS; i += batch) {
      List<LogEntry> entries = new ArrayList<>(batch);
      for (int j = 0; j < batch; j++) {
        entries.add(filled.entry(filled.put(isOfSession ? nextId() : null)));
      }
      batches.add(entries);
    }
  }

  private RequestId nextId() {
    sequence++;
    return new RequestId(1, sequence, Math.max(1, sequence - OUTSTANDING + 1));
  }

  @Benchmark
  @OperationsPerInvocation(PUTS)
  public void put(Blackhole sink) {
    for (List<LogEntry> entries : batches) {
      sink.consume(filled.machine.apply(entries));
    }
  }
}
