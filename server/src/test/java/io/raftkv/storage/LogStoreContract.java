package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.MemberId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every log promises, see {@link LogStore}. */
abstract class LogStoreContract {
  static final MemberId ALICE = new MemberId(0xa11ce);

  LogStore log;

  /** A new, empty log. */
  abstract LogStore create();

  /** The log as found by the next process, after this one is closed. */
  abstract LogStore reopen(LogStore log);

  @BeforeEach
  void createLog() {
    log = create();
  }

  @AfterEach
  void closeLog() {
    log.close();
  }

  static LogEntry entry(long index, long term) {
    return entry(index, term, (int) (index % 40));
  }

  static LogEntry entry(long index, long term, int bytes) {
    byte[] data = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      data[i] = (byte) (31 * index + 7 * term + i);
    }
    LogEntry.Kind kind = LogEntry.Kind.of((int) (index % 3));
    return new LogEntry(index, term, kind, 1000 * index, data);
  }

  static List<LogEntry> entries(long from, long toExclusive, long term) {
    List<LogEntry> entries = new ArrayList<>();
    for (long index = from; index < toExclusive; index++) {
      entries.add(entry(index, term));
    }
    return entries;
  }

  static List<LogEntry> all(LogStore log) {
    return log.read(log.base().index() + 1, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  @Test
  void newLogIsEmpty() {
    assertThat(log.hardState()).isEqualTo(HardState.INITIAL);
    assertThat(log.base()).isEqualTo(EntryId.ZERO);
    assertThat(log.lastIndex()).isZero();
    assertThat(all(log)).isEmpty();
  }

  @Test
  void appendedEntriesAreReadBeforeAndAfterTheSync() {
    log.append(entries(1, 6, 1));
    assertThat(all(log)).isEqualTo(entries(1, 6, 1));
    log.sync();
    assertThat(all(log)).isEqualTo(entries(1, 6, 1));
    log.append(entries(6, 9, 1));
    assertThat(log.read(5, 8, Long.MAX_VALUE)).isEqualTo(entries(5, 8, 1));
    assertThat(log.lastIndex()).isEqualTo(8);
  }

  @Test
  void syncedLogIsFoundAgain() {
    log.saveHardState(new HardState(3, ALICE));
    log.append(entries(1, 300, 2));
    log.append(entries(300, 400, 3));
    log.sync();
    log = reopen(log);
    assertThat(log.hardState()).isEqualTo(new HardState(3, ALICE));
    assertThat(log.lastIndex()).isEqualTo(399);
    List<LogEntry> expected = entries(1, 300, 2);
    expected.addAll(entries(300, 400, 3));
    assertThat(all(log)).isEqualTo(expected);
    log.append(entries(400, 405, 3));
    log.sync();
    log = reopen(log);
    expected.addAll(entries(400, 405, 3));
    assertThat(all(log)).isEqualTo(expected);
  }

  @Test
  void lastSavedHardStateCounts() {
    log.saveHardState(new HardState(1, MemberId.NONE));
    log.saveHardState(new HardState(2, ALICE));
    assertThat(log.hardState()).isEqualTo(new HardState(2, ALICE));
    log.sync();
    log = reopen(log);
    assertThat(log.hardState()).isEqualTo(new HardState(2, ALICE));
  }

  @Test
  void truncatedEntriesAreGoneAndReplaced() {
    log.append(entries(1, 101, 1));
    log.sync();
    log.truncateFrom(51);
    assertThat(log.lastIndex()).isEqualTo(50);
    assertThat(log.read(50, 60, Long.MAX_VALUE)).isEqualTo(entries(50, 51, 1));
    assertThat(log.read(51, 60, Long.MAX_VALUE)).isEmpty();
    log.append(entries(51, 61, 2));
    log.truncateFrom(56);
    log.append(entries(56, 58, 3));
    List<LogEntry> expected = entries(1, 51, 1);
    expected.addAll(entries(51, 56, 2));
    expected.addAll(entries(56, 58, 3));
    assertThat(all(log)).isEqualTo(expected);
    log.sync();
    assertThat(all(log)).isEqualTo(expected);
    log = reopen(log);
    assertThat(all(log)).isEqualTo(expected);
  }

  @Test
  void truncationBeyondTheLastEntryHasNoEffect() {
    log.append(entries(1, 4, 1));
    log.truncateFrom(4);
    log.truncateFrom(100);
    assertThat(all(log)).isEqualTo(entries(1, 4, 1));
  }

  @Test
  void wholeLogCanBeTruncated() {
    log.append(entries(1, 10, 1));
    log.sync();
    log.truncateFrom(1);
    log.append(entries(1, 3, 2));
    log.sync();
    log = reopen(log);
    assertThat(all(log)).isEqualTo(entries(1, 3, 2));
  }

  @Test
  void compactedEntriesAreGone() {
    log.append(entries(1, 201, 1));
    log.sync();
    log.compactTo(new EntryId(150, 1));
    log.sync();
    assertThat(log.base()).isEqualTo(new EntryId(150, 1));
    assertThat(log.read(150, 160, Long.MAX_VALUE)).isEmpty();
    assertThat(all(log)).isEqualTo(entries(151, 201, 1));
    log.saveHardState(new HardState(5, ALICE));
    log.append(entries(201, 205, 5));
    log.sync();
    log = reopen(log);
    assertThat(log.base()).isEqualTo(new EntryId(150, 1));
    assertThat(log.hardState()).isEqualTo(new HardState(5, ALICE));
    assertThat(log.lastIndex()).isEqualTo(204);
    assertThat(log.read(151, 201, Long.MAX_VALUE)).isEqualTo(entries(151, 201, 1));
  }

  @Test
  void compactionToAnEarlierPlaceHasNoEffect() {
    log.append(entries(1, 21, 1));
    log.compactTo(new EntryId(10, 1));
    log.compactTo(new EntryId(5, 1));
    log.sync();
    assertThat(log.base()).isEqualTo(new EntryId(10, 1));
  }

  @Test
  void everythingCanBeCompacted() {
    log.append(entries(1, 21, 2));
    log.sync();
    log.compactTo(new EntryId(20, 2));
    log.sync();
    log = reopen(log);
    assertThat(log.lastIndex()).isEqualTo(20);
    assertThat(all(log)).isEmpty();
    log.append(entries(21, 23, 2));
    log.sync();
    log = reopen(log);
    assertThat(all(log)).isEqualTo(entries(21, 23, 2));
  }

  @Test
  void resetLogStartsAfterTheSnapshotAndKeepsTermAndVote() {
    log.saveHardState(new HardState(4, ALICE));
    log.append(entries(1, 31, 1));
    log.sync();
    log.resetTo(new EntryId(1000, 4));
    assertThat(log.base()).isEqualTo(new EntryId(1000, 4));
    assertThat(log.lastIndex()).isEqualTo(1000);
    assertThat(all(log)).isEmpty();
    log.append(entries(1001, 1011, 4));
    log.sync();
    log = reopen(log);
    assertThat(log.hardState()).isEqualTo(new HardState(4, ALICE));
    assertThat(log.base()).isEqualTo(new EntryId(1000, 4));
    assertThat(all(log)).isEqualTo(entries(1001, 1011, 4));
  }

  @Test
  void readEndsAtTheBudgetButReturnsOneEntry() {
    log.append(List.of(entry(1, 1, 100), entry(2, 1, 100), entry(3, 1, 100)));
    for (int i = 0; i < 2; i++) {
      assertThat(log.read(1, 4, 0)).hasSize(1);
      assertThat(log.read(1, 4, 2 * (100 + LogEntry.OVERHEAD_BYTES))).hasSize(2);
      assertThat(log.read(1, 4, 3 * (100 + LogEntry.OVERHEAD_BYTES) - 1)).hasSize(2);
      assertThat(log.read(2, 3, Long.MAX_VALUE)).containsExactly(entry(2, 1, 100));
      log.sync();
    }
  }

  @Test
  void readOutsideOfTheLogIsEmpty() {
    log.append(entries(1, 11, 1));
    log.compactTo(new EntryId(3, 1));
    log.sync();
    assertThat(log.read(0, 5, Long.MAX_VALUE)).isEmpty();
    assertThat(log.read(3, 5, Long.MAX_VALUE)).isEmpty();
    assertThat(log.read(11, 15, Long.MAX_VALUE)).isEmpty();
    assertThat(log.read(5, 5, Long.MAX_VALUE)).isEmpty();
    assertThat(log.read(6, 5, Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void entriesWithoutDataAndLargeOnesAreKept() {
    List<LogEntry> entries = List.of(entry(1, 1, 0), entry(2, 1, 100_000), entry(3, 1, 0));
    log.append(entries);
    log.sync();
    log.append(List.of(entry(4, 1, 70_000)));
    log.sync();
    log = reopen(log);
    assertThat(log.read(1, 4, Long.MAX_VALUE)).isEqualTo(entries);
    assertThat(log.read(4, 5, Long.MAX_VALUE)).containsExactly(entry(4, 1, 70_000));
  }

  @Test
  void gapIsABrokenInvariant() {
    log.append(entries(1, 3, 1));
    assertThatThrownBy(() -> log.append(entries(4, 5, 1))).isInstanceOf(Invariant.Broken.class);
  }

  @Test
  void truncationBelowTheBaseIsABrokenInvariant() {
    log.append(entries(1, 11, 1));
    log.compactTo(new EntryId(5, 1));
    assertThatThrownBy(() -> log.truncateFrom(5)).isInstanceOf(Invariant.Broken.class);
  }

  @Test
  void sizeGrowsWithTheLogAndShrinksWithCompaction() {
    for (int i = 0; i < 40; i++) {
      log.append(List.of(entry(i + 1, 1, 200)));
      log.sync();
    }
    long full = log.sizeBytes();
    log.compactTo(new EntryId(40, 1));
    log.sync();
    assertThat(log.sizeBytes()).isLessThan(full);
  }
}
