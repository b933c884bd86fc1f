package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.HardState;
import io.raftkv.raft.LogStore;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

class CrashingLogTest extends LogStoreContract {
  @Override
  LogStore create() {
    return new CrashingLog();
  }

  @Override
  LogStore reopen(LogStore log) {
    return ((CrashingLog) log).crash();
  }

  @Test
  void crashLosesWhatWasNotSynced() {
    log.append(entries(1, 6, 1));
    log.sync();
    log.truncateFrom(3);
    log.append(entries(3, 9, 2));
    log.saveHardState(new HardState(2, ALICE));
    log = reopen(log);
    assertThat(all(log)).isEqualTo(entries(1, 6, 1));
    assertThat(log.hardState()).isEqualTo(HardState.INITIAL);
  }

  @Test
  void crashMayLeaveTheFirstOfTheUnsyncedOperations() {
    log.append(entries(1, 6, 1));
    log.sync();
    log.truncateFrom(3);
    log.append(entries(3, 9, 2));
    log = ((CrashingLog) log).crash(1);
    assertThat(all(log)).isEqualTo(entries(1, 3, 1));
  }

  @Test
  void failedSyncKillsTheStore() {
    ((CrashingLog) log).failSync(2);
    log.append(entries(1, 3, 1));
    log.sync();
    log.append(entries(3, 5, 1));
    assertThatThrownBy(log::sync).isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(log::sync).isInstanceOf(UncheckedIOException.class);
    log = reopen(log);
    assertThat(all(log)).isEqualTo(entries(1, 3, 1));
  }
}
