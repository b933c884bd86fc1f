package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentedLogReadersTest {
  @TempDir Path folder;

  /** A mixture of the log before and after a truncation would break log matching (§5.3). */
  @Test
  void readersSeeALogThatExistedWhileItIsWritten() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(3);
    AtomicBoolean isDone = new AtomicBoolean();
    Identity identity = new Identity(7, new MemberId(1));
    try (SegmentedLog log =
        new SegmentedLog(new MapDbVolumes(folder), identity, 8192, 99, executor)) {
      List<Future<Long>> readers =
          List.of(
              executor.submit(() -> readUntil(log, isDone)),
              executor.submit(() -> readUntil(log, isDone)));
      try {
        write(log);
      } finally {
        isDone.set(true);
      }
      for (Future<Long> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    } finally {
      executor.shutdown();
      // The log prepares its next file there: its folder goes only when that is over.
      assertThat(executor.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void write(SegmentedLog log) {
    Random random = new Random(1);
    long term = 1;
    for (int i = 0; i < 400; i++) {
      long last = log.lastIndex();
      log.append(LogStoreContract.entries(last + 1, last + 1 + random.nextInt(20), term));
      if (i % 7 == 0) {
        term++;
        log.truncateFrom(Math.max(log.base().index() + 1, log.lastIndex() - 15));
      }
      if (i % 25 == 0 && log.lastIndex() - 30 > log.base().index()) {
        long to = log.lastIndex() - 30;
        log.compactTo(new EntryId(to, log.read(to, to + 1, 0).get(0).term()));
      }
      if (i % 3 == 0) {
        log.sync();
      }
    }
    log.sync();
  }

  private static long readUntil(SegmentedLog log, AtomicBoolean isDone) {
    long reads = 0;
    do {
      long base = log.base().index();
      long term = 0;
      long index = base + 1;
      for (LogEntry entry : log.read(base + 1, Long.MAX_VALUE, 20_000)) {
        assertThat(entry).isEqualTo(LogStoreContract.entry(index, entry.term()));
        assertThat(entry.term()).isGreaterThanOrEqualTo(term);
        term = entry.term();
        index++;
      }
      reads++;
    } while (!isDone.get());
    return reads;
  }
}
