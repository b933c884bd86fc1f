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
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Measures synced batches per second of the log, beside the limit of the disk: the same bytes
 * written to a zero-filled file and forced. Argument: seconds per measurement.
 */
final class LogBench {
  private static final int DATA_BYTES = 256;
  private static final int SEGMENT_BYTES = SegmentedLog.SEGMENT_BYTES;

  private LogBench() {}

  public static void main(String[] args) throws IOException {
    double seconds = args.length > 0 ? Double.parseDouble(args[0]) : 3;
    Path folder = Files.createTempDirectory("log-bench");
    try {
      for (int round = 0; round < 2; round++) {
        for (int entries : new int[] {1, 256}) {
          double raw = raw(folder.resolve("raw"), entries, seconds);
          double log = log(folder, entries, seconds);
          System.out.printf(
              "%3d entries of %d B: log %,.0f batches/s (%,.0f entries/s), raw disk %,.0f%n",
              entries, DATA_BYTES, log, log * entries, raw);
        }
      }
      recover(folder);
    } finally {
      delete(folder);
    }
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

  private static void recover(Path folder) {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    long start = System.nanoTime();
    try (SegmentedLog log = open(folder.resolve("log"), executor)) {
      double millis = (System.nanoTime() - start) / 1e6;
      System.out.printf(
          "recovery of %,d entries, %,d MiB: %.0f ms%n",
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
