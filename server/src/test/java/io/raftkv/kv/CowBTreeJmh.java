package io.raftkv.kv;

import java.util.Arrays;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Time per key of a tree with {@link ScatteredKeys#COUNT} keys, beside a {@link TreeMap}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CowBTreeJmh {
  private static final int BATCH = 64;
  private static final byte[] VALUE = {1};

  private final ScatteredKeys keys = new ScatteredKeys();
  private final CowBTree<byte[]> tree = new CowBTree<>();
  private final TreeMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);

  public CowBTreeJmh() {
    for (int i = 0; i < ScatteredKeys.COUNT; i++) {
      byte[] key = keys.next();
      tree.put(key, VALUE);
      map.put(key, VALUE);
    }
  }

  @Benchmark
  public Object get() {
    return tree.get(keys.next());
  }

  @Benchmark
  public Object getOfTreeMap() {
    return map.get(keys.next());
  }

  /** Every put copies the way from the root to its leaf. */
  @Benchmark
  public Object putAndFreeze() {
    tree.put(keys.next(), VALUE);
    return tree.freeze();
  }

  /** A node is copied once for the puts of a batch. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Object putAndFreezePer64() {
    for (int i = 0; i < BATCH; i++) {
      tree.put(keys.next(), VALUE);
    }
    return tree.freeze();
  }

  @Benchmark
  @OperationsPerInvocation(ScatteredKeys.COUNT)
  public void scan(Blackhole sink) {
    TreeCursor<byte[]> cursor = tree.cursor(KeyRange.all(), false);
    while (cursor.next()) {
      sink.consume(cursor.key());
    }
  }
}
