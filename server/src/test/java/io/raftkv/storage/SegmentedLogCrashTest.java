package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.storage.LogScript.State;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Power cuts and failing operations at every single operation of a log's life. */
class SegmentedLogCrashTest {
  private static final Identity IDENTITY = new Identity(7, new MemberId(0xa11ce));

  /** With the mark on the same disk, so that the power goes between any two of its writes too. */
  private static SegmentedLog open(VolumeFactory volumes, int segmentBytes) {
    StableSlots mark = new StableSlots(volumes);
    if (mark.identity().isEmpty()) {
      mark.save(IDENTITY);
    }
    return new SegmentedLog(volumes, IDENTITY, segmentBytes, 99, Runnable::run, mark);
  }

  @ParameterizedTest
  @CsvSource({
    "1,512,60",
    "2,512,60",
    "3,1024,100",
    "4,1024,100",
    "5,2048,300",
    "6,2048,300",
    "7,16384,2000",
    "8,16384,2000",
    "9,32768,5000",
    "10,32768,5000",
    "11,65536,9000"
  })
  void powerCutAtAnyOperationLosesNothingThatWasSynced(
      long seed, int segmentBytes, int dataBytesMax) {
    LogScript script = new LogScript(new Random(seed), 60, dataBytesMax);
    long operations = operations(script, segmentBytes);
    for (long operation = 1; operation <= operations; operation++) {
      for (int variant = 0; variant < 2; variant++) {
        script.rewind();
        Random faults = new Random(1000 * operation + variant);
        FaultyVolumes volumes = new FaultyVolumes(faults);
        volumes.cutPowerAt(operation);
        runUntilFailure(script, volumes, segmentBytes);
        volumes.powerLoss();
        if (variant > 0) {
          // Recovery is cut short too, and has to have spoiled nothing.
          volumes.cutPowerAt(volumes.operations() + 1 + faults.nextInt(8));
          openUntilFailure(volumes, segmentBytes);
          volumes.powerLoss();
        }
        checkRecovered(script, volumes, segmentBytes, "seed " + seed + " cut at " + operation);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"21,512,60", "22,1024,100", "23,16384,2000"})
  void failureOfAnyOperationKillsTheLogAndLosesNothingThatWasSynced(
      long seed, int segmentBytes, int dataBytesMax) {
    LogScript script = new LogScript(new Random(seed), 60, dataBytesMax);
    long operations = operations(script, segmentBytes);
    for (long operation = 1; operation <= operations; operation++) {
      script.rewind();
      FaultyVolumes volumes = new FaultyVolumes(new Random(operation));
      volumes.failAt(operation);
      runUntilFailure(script, volumes, segmentBytes);
      volumes.restart();
      checkRecovered(script, volumes, segmentBytes, "seed " + seed + " failed at " + operation);
    }
  }

  private static long operations(LogScript script, int segmentBytes) {
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    try (SegmentedLog log = open(volumes, segmentBytes)) {
      script.run(log);
      assertThat(State.of(log)).isEqualTo(script.finalState());
    }
    return volumes.operations();
  }

  private static void runUntilFailure(LogScript script, FaultyVolumes volumes, int segmentBytes) {
    SegmentedLog log;
    try {
      log = open(volumes, segmentBytes);
    } catch (UncheckedIOException e) {
      assertThat(e).isNotInstanceOf(DamagedException.class);
      return;
    }
    try {
      script.run(log);
    } catch (UncheckedIOException e) {
      assertThat(e).isNotInstanceOf(DamagedException.class);
      // Law 3: a failed write or sync is never retried.
      assertThatThrownBy(log::sync).isInstanceOf(UncheckedIOException.class);
      assertThatThrownBy(() -> log.saveHardState(HardState.INITIAL))
          .isInstanceOf(UncheckedIOException.class);
      assertThatThrownBy(() -> log.read(1, 2, 1)).isInstanceOf(UncheckedIOException.class);
    }
  }

  private static void openUntilFailure(FaultyVolumes volumes, int segmentBytes) {
    try (SegmentedLog log = open(volumes, segmentBytes)) {
      assertThat(log.lastIndex()).isNotNegative();
    } catch (UncheckedIOException e) {
      assertThat(e).isInstanceOf(FaultyVolumes.PowerCutException.class);
    }
  }

  private static void checkRecovered(
      LogScript script, FaultyVolumes volumes, int segmentBytes, String what) {
    State found;
    try (SegmentedLog log = open(volumes, segmentBytes)) {
      found = State.of(log);
      assertThat(script.allows(found)).as("%s: %s", what, found).isTrue();
    } catch (DamagedException e) {
      throw new AssertionError(what, e);
    }
    // What recovery has shown is acted on: it has to be durable by itself.
    volumes.powerLoss();
    try (SegmentedLog log = open(volumes, segmentBytes)) {
      assertThat(State.of(log)).as(what).isEqualTo(found);
      log.saveHardState(new HardState(1000, MemberId.NONE));
      log.append(List.of(LogStoreContract.entry(log.lastIndex() + 1, 1000)));
      log.sync();
      found = State.of(log);
    }
    volumes.powerLoss();
    try (SegmentedLog log = open(volumes, segmentBytes)) {
      assertThat(State.of(log)).as(what).isEqualTo(found);
    }
  }

  @Test
  void logGoesOnWithoutAReserveUntilTheSegmentIsFull() {
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    try (SegmentedLog log = openUnmarked(volumes)) {
      assertThat(log.roomBytes()).isEqualTo(Long.MAX_VALUE);
    }
    volumes.restart();
    volumes.take("spare");
    // Recovery: one write, one sync, one sync of the folder; then the file of the next segment.
    volumes.failAt(volumes.operations() + 5);
    try (SegmentedLog log = openUnmarked(volumes)) {
      assertThat(log.roomBytes()).isBetween(1L, 4096L);
      log.append(LogStoreContract.entries(1, 10, 1));
      log.sync();
      // The disk has room again when the next segment is needed.
      log.append(LogStoreContract.entries(10, 200, 1));
      log.sync();
      assertThat(log.roomBytes()).isEqualTo(Long.MAX_VALUE);
    }
  }

  @Test
  void reserveIsMadeAgainOnceThereIsRoom() {
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    openUnmarked(volumes).close();
    volumes.restart();
    volumes.take("spare");
    volumes.failAt(volumes.operations() + 5);
    try (SegmentedLog log = openUnmarked(volumes)) {
      long room = log.roomBytes();
      log.append(LogStoreContract.entries(1, 10, 1));
      log.sync();
      assertThat(log.roomBytes()).isLessThan(room);

      log.reserveAgain();

      assertThat(log.roomBytes()).isEqualTo(Long.MAX_VALUE);
    }
  }

  private static SegmentedLog openUnmarked(VolumeFactory volumes) {
    return new SegmentedLog(volumes, IDENTITY, 4096, 99, Runnable::run);
  }
}
