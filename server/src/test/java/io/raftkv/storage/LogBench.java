package io.raftkv.storage;

import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures synced batches per second of the log, beside the limit of the disk: the same bytes
 * written to a zero-filled file and forced.
 */
@Command(
    name = "log-bench",
    description = {
      "How many durable appends a second the log makes, beside the bare disk.",
      "Entries of 256 B in batches of 1, 16 and 256, each batch synced; the bare disk gets the same",
      "bytes into a preallocated file in the same round. Then the log is filled and opened again."
    })
public final class LogBench implements Callable<Integer> {
  private static final int DATA_BYTES = 256;
  private static final int SEGMENT_BYTES = SegmentedLog.SEGMENT_BYTES;
  private static final int[] BATCHES = {1, 16, 256};
  private static final int REOPENED_ENTRIES = 1_000_000;

  @Option(names = "--seconds", description = "Of each measurement. Default: ${DEFAULT-VALUE}.")
  private double seconds = 2;

  @Option(names = "--rounds", description = "How many. Default: ${DEFAULT-VALUE}.")
  private int rounds = 5;

  @Override
  public Integer call() throws IOException {
    Path folder = Files.createTempDirectory("log-bench");
    try {
      for (int entries : BATCHES) {
        double[] log = new double[rounds];
        double[] raw = new double[rounds];
        double[] ratio = new double[rounds];
        for (int round = 0; round < rounds; round++) {
          raw[round] = raw(folder.resolve("raw"), entries, seconds);
          log[round] = log(folder, entries, seconds);
          ratio[round] = log[round] / raw[round];
        }
        Arrays.sort(log);
        Arrays.sort(raw);
        Arrays.sort(ratio);
        System.out.printf(
            "%3d entries of %d B: log %,.0f batches/s (%,.0f entries/s), bare disk %,.0f;"
                + " ratio %.2f (%.2f to %.2f)%n",
            entries,
            DATA_BYTES,
            log[rounds / 2],
            log[rounds / 2] * entries,
            raw[rounds / 2],
            ratio[rounds / 2],
            ratio[0],
            ratio[rounds - 1]);
      }
      reopen(folder);
    } finally {
      delete(folder);
    }
    return 0;
  }

  private static double raw(Path path, int entries, double seconds) throws IOException {
    int bytes = entries * (DATA_BYTES + Records.ENTRY_HEADER_BYTES) + 48;
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int at = 0; at < SEGMENT_BYTES; at += 1 << 20) {
        channel.write(ByteBuffer.allocate(1 << 20), at);
      }
      channel.force(true);
      ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
      long count = 0;
      long position = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < seconds * 1e9) {
        position = position + bytes > SEGMENT_BYTES ? 0 : position;
        channel.write(buffer.clear(), position);
        channel.force(true);
        position += bytes;
        count++;
      }
      return count * 1e9 / (System.nanoTime() - start);
    }
  }

  private static double log(Path folder, int entries, double seconds) throws IOException {
    Path logFolder = folder.resolve("log");
    delete(logFolder);
    Files.createDirectory(logFolder);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (SegmentedLog log = open(logFolder, executor)) {
      byte[] data = new byte[DATA_BYTES];
      long count = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < seconds * 1e9) {
        List<LogEntry> batch = new ArrayList<>(entries);
        for (int i = 1; i <= entries; i++) {
          batch.add(new LogEntry(log.lastIndex() + i, 1, LogEntry.Kind.COMMAND, count, data));
        }
        log.append(batch);
        log.sync();
        count++;
      }
      return count * 1e9 / (System.nanoTime() - start);
    } finally {
      end(executor);
    }
  }

  /** What it still prepares belongs to the folder that is deleted next. */
  private static void end(ExecutorService executor) {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("a segment takes more than a minute");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void reopen(Path folder) throws IOException {
    Path logFolder = folder.resolve("log");
    delete(logFolder);
    Files.createDirectory(logFolder);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (SegmentedLog log = open(logFolder, executor)) {
      byte[] data = new byte[DATA_BYTES];
      while (log.lastIndex() < REOPENED_ENTRIES) {
        List<LogEntry> batch = new ArrayList<>();
        for (int i = 1; i <= 1000; i++) {
          batch.add(new LogEntry(log.lastIndex() + i, 1, LogEntry.Kind.COMMAND, 0, data));
        }
        log.append(batch);
        log.sync();
      }
    }
    long start = System.nanoTime();
    try (SegmentedLog log = open(logFolder, executor)) {
      double millis = (System.nanoTime() - start) / 1e6;
      System.out.printf(
          "reopened with %,d entries, %,d MiB: %.0f ms%n",
          log.lastIndex(), log.sizeBytes() >> 20, millis);
    } finally {
      end(executor);
    }
  }

  private static SegmentedLog open(Path folder, ExecutorService executor) {
    Identity identity = new Identity(1, new MemberId(1));
    return new SegmentedLog(new MapDbVolumes(folder), identity, SEGMENT_BYTES, 1, executor);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> paths = Files.walk(folder)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
