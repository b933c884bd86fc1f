package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.StableStore.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What rots at rest is found, and nothing else is. */
class ScrubTest {
  private static final int SEGMENT_BYTES = 1024;

  /** More turns than any round takes. */
  private static final int TURNS = 500;

  private final FaultyVolumes logs = new FaultyVolumes(new Random(1));
  private final FaultyVolumes files = new FaultyVolumes(new Random(2));
  private final List<String> found = new ArrayList<>();
  private SegmentedLog log;
  private SnapshotFiles snapshots;
  private Scrub scrub;

  @BeforeEach
  void writeThem() {
    log =
        new SegmentedLog(logs, new Identity(7, new MemberId(1)), SEGMENT_BYTES, 99, Runnable::run);
    for (int from = 1; from < 60; from += 3) {
      log.append(LogStoreContract.entries(from, from + 3, 1));
      log.sync();
    }
    log.truncateFrom(55);
    log.append(LogStoreContract.entries(55, 90, 2));
    log.sync();
    snapshots = new SnapshotFiles(files, true);
    SnapshotStoreContract.make(
        snapshots, SnapshotStoreContract.meta(10), SnapshotStoreContract.state(1, 1000));
    SnapshotStoreContract.make(
        snapshots, SnapshotStoreContract.meta(20), SnapshotStoreContract.state(2, 400_000));
    scrub = scrub(300);
  }

  @AfterEach
  void close() {
    scrub.close();
    log.close();
    snapshots.close();
  }

  private Scrub scrub(long turnBytes) {
    return new Scrub(
        log,
        snapshots,
        turnBytes,
        new Scrub.Findings() {
          @Override
          public void logDamaged(long throughIndex) {
            found.add("log " + throughIndex);
          }

          @Override
          public void snapshotDamaged(SnapshotMeta meta) {
            found.add("snapshot " + meta.index());
          }
        });
  }

  private List<String> sealed() {
    return log.sealed().stream().map(SegmentedLog.Sealed::name).toList();
  }

  private void turns(int count) {
    for (int i = 0; i < count; i++) {
      scrub.run();
    }
  }

  /** From the start to the end of everything. */
  private void round() {
    scrub.close();
    scrub = scrub(1 << 20);
    int sealed = sealed().size();
    int turns = 0;
    while (scrub.filesVerified() + scrub.damagesFound() < sealed + snapshots.all().size()) {
      scrub.run();
      assertThat(turns++).isLessThan(TURNS);
    }
  }

  @Test
  void wholeFilesAreReadAgainAndAgainAndNothingIsFound() {
    assertThat(sealed()).hasSizeGreaterThan(5);

    turns(TURNS);

    assertThat(found).isEmpty();
    assertThat(scrub.damagesFound()).isZero();
    assertThat(scrub.filesVerified()).isGreaterThan(2L * (sealed().size() + 2));
    assertThat(scrub.bytesVerified()).isGreaterThan(800_000);
  }

  @Test
  void anyByteThatChangedInASealedSegmentIsFound() {
    List<SegmentedLog.Sealed> segments = log.sealed();
    for (SegmentedLog.Sealed segment : List.of(segments.get(0), segments.get(3))) {
      byte[] bytes = logs.bytes(segment.name());
      for (int at = 0; at < bytes.length; at++) {
        found.clear();
        logs.flipBit(segment.name(), 8L * at + at % 8);
        round();
        logs.flipBit(segment.name(), 8L * at + at % 8);
        if (found.isEmpty()) {
          // Only in what no record covers: padding, and the zeros behind the end.
          assertThat(bytes[at]).as("%s at %s", segment.name(), at).isZero();
        } else {
          assertThat(found).containsExactly("log " + segment.throughIndex());
        }
      }
    }
  }

  @Test
  void anyByteThatChangedInASnapshotIsFound() {
    String name = files.list().get(0);
    for (int at = 0; at < files.bytes(name).length; at++) {
      found.clear();
      files.flipBit(name, 8L * at + at % 8);
      round();
      files.flipBit(name, 8L * at + at % 8);
      assertThat(found).as("byte %s", at).containsExactly("snapshot 10");
    }
  }

  @Test
  void recordsThatAreGoneAtTheEndOfASegmentAreFound() {
    SegmentedLog.Sealed segment = log.sealed().get(2);
    byte[] bytes = logs.bytes(segment.name());
    int end = LogBatches.secondToLast(bytes);
    for (int at = end; at < bytes.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        if ((bytes[at] >> bit & 1) != 0) {
          logs.flipBit(segment.name(), 8L * at + bit);
        }
      }
    }

    round();

    assertThat(found).containsExactly("log " + segment.throughIndex());
  }

  @Test
  void whatIsDeletedMeanwhileIsNoDamage() {
    turns(2);

    log.compactTo(new EntryId(50, 1));
    log.sync();
    snapshots.retain(1, Long.MAX_VALUE);
    turns(TURNS);

    assertThat(found).isEmpty();
  }

  @Test
  void damageIsFoundAgainUntilTheFileIsGone() {
    SegmentedLog.Sealed segment = log.sealed().get(1);
    logs.flipBit(segment.name(), 8L * 200);
    turns(TURNS);
    assertThat(found).hasSizeGreaterThan(1).containsOnly("log " + segment.throughIndex());

    log.compactTo(new EntryId(segment.throughIndex(), 1));
    log.sync();
    scrub.close();
    found.clear();
    turns(TURNS);

    assertThat(found).isEmpty();
  }
}
