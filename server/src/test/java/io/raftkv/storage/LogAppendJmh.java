package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time per synced batch, in a folder of {@code java.io.tmpdir}. {@link LogBench} tells what the
 * bare disk does.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class LogAppendJmh {
  private static final byte[] DATA = new byte[256];

  /** Some 300 MB of the disk, with the segment prepared. */
  private static final int KEPT_ENTRIES = 1 << 19;

  @Param({"1", "16", "256"})
  public int entries;

  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private Path folder;
  private SegmentedLog log;

  @Setup
  public void open() throws IOException {
    folder = Files.createTempDirectory("log-append");
    log =
        new SegmentedLog(
            new MapDbVolumes(folder),
            new Identity(1, new MemberId(1)),
            SegmentedLog.SEGMENT_BYTES,
            1,
            executor);
  }

  @TearDown
  public void close() throws Exception {
    log.close();
    executor.shutdown();
    if (!executor.awaitTermination(1, TimeUnit.MINUTES)) {
      throw new IllegalStateException("a segment takes more than a minute");
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  @Benchmark
  public void appendAndSync() {
    long last = log.lastIndex();
    if (last - log.base().index() > KEPT_ENTRIES) {
      log.compactTo(new EntryId(last, 1));
    }
    List<LogEntry> batch = new ArrayList<>(entries);
    for (int i = 1; i <= entries; i++) {
      batch.add(new LogEntry(last + i, 1, LogEntry.Kind.COMMAND, 1_000, DATA));
    }
    log.append(batch);
    log.sync();
  }
}
