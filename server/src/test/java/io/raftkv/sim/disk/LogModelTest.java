package io.raftkv.sim.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.sim.engine.Rng;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LogModelTest {
  private final LogModel log = new LogModel(1);

  @Test
  void whatIsSyncedSurvives() {
    append(1, 200, 1);
    log.saveHardState(new HardState(3, new MemberId(2)));
    log.sync();
    log.crash(new Rng(1));

    assertThat(log.live().lastIndex()).isEqualTo(200);
    assertThat(log.live().hardState()).isEqualTo(new HardState(3, new MemberId(2)));
  }

  @Test
  void ofTheRestSomePrefixSurvivesAndAnyMay() {
    TreeSet<Long> seen = new TreeSet<>();
    for (int seed = 0; seed < 200; seed++) {
      LogModel other = new LogModel(1);
      other.append(entry(1, 1));
      other.sync();
      other.append(entry(2, 1));
      other.truncateFrom(2);
      other.append(entry(2, 2));
      other.append(entry(3, 2));
      other.crash(new Rng(seed));
      long last = other.live().lastIndex();
      seen.add(last * 10 + other.live().termAt(last));
    }
    assertThat(seen).containsExactly(11L, 21L, 22L, 32L);
  }

  @Test
  void readersSeeWhatIsNotSynced() {
    append(1, 3, 1);
    log.truncateFrom(2);

    assertThat(log.live().lastIndex()).isEqualTo(1);
    assertThat(log.durable().lastIndex()).isZero();
  }

  @Test
  void compactionKeepsTheTermOfTheBase() {
    append(1, 300, 4);
    log.compactTo(250);
    log.sync();

    assertThat(log.durable().base()).isEqualTo(new EntryId(250, 4));
    assertThat(log.durable().termAt(250)).isEqualTo(4);
    assertThat(log.durable().termAt(249)).isEqualTo(-1);
    append(301, 700, 5);
    assertThat(log.live().entry(600).index()).isEqualTo(600);
  }

  @Test
  void resetStartsAfterTheSnapshot() {
    append(1, 10, 1);
    log.resetTo(new EntryId(50, 7));
    append(51, 52, 7);
    log.sync();

    assertThat(log.durable().lastIndex()).isEqualTo(52);
    assertThat(log.durable().termAt(50)).isEqualTo(7);
    assertThat(log.durable().holds(50)).isFalse();
  }

  private void append(long from, long to, long term) {
    for (long index = from; index <= to; index++) {
      log.append(entry(index, term));
    }
  }

  private static LogEntry entry(long index, long term) {
    return new LogEntry(index, term, LogEntry.Kind.NO_OP, 0, new byte[0]);
  }
}
