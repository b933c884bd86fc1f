package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.storage.LogScript.State;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes that changed, and files that are cut or gone: found, told from a crash, never served. */
class SegmentedLogDamageTest {
  private static final Identity IDENTITY = new Identity(7, new MemberId(0xa11ce));
  private static final int SEGMENT_BYTES = 768;

  /** The log under test: name and contents of its files. */
  private final TreeMap<String, byte[]> files = new TreeMap<>();

  /** States after each entry and each other operation. */
  private final List<State> states = new ArrayList<>();

  private DurableMark mark = new RecordedMark(0);

  private static final class RecordedMark implements DurableMark {
    private long sequence;

    RecordedMark(long sequence) {
      this.sequence = sequence;
    }

    @Override
    public long durableSequence() {
      return sequence;
    }

    @Override
    public void noteDurable(long noted) {
      assertThat(noted).isPositive();
      sequence = Math.max(sequence, noted);
    }
  }

  /** Where the last batch starts in the last file. */
  private int lastBatch;

  private int lastBatchEnd;

  private static SegmentedLog open(VolumeFactory volumes) {
    return new SegmentedLog(volumes, IDENTITY, SEGMENT_BYTES, 99, Runnable::run);
  }

  @BeforeEach
  void writeLog() {
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    try (SegmentedLog log = open(volumes)) {
      states.add(State.of(log));
      sync(log, () -> log.saveHardState(new HardState(1, new MemberId(3))));
      sync(log, () -> log.append(LogStoreContract.entries(1, 4, 1)));
      sync(log, () -> log.append(LogStoreContract.entries(4, 20, 1)));
      sync(log, () -> log.truncateFrom(15));
      sync(log, () -> log.append(LogStoreContract.entries(15, 18, 2)));
      sync(log, () -> log.append(LogStoreContract.entries(18, 22, 2)));
      sync(log, () -> log.compactTo(new EntryId(3, 1)));
      sync(log, () -> log.saveHardState(new HardState(4, new MemberId(5))));
      sync(log, () -> log.append(LogStoreContract.entries(22, 23, 4)));
    }
    volumes.list().stream()
        .filter(name -> name.endsWith(".seg"))
        .forEach(name -> files.put(name, volumes.bytes(name)));
    assertThat(files).hasSize(3);
    findLastBatch();
  }

  private void sync(LogStore log, Runnable operation) {
    int before = last().entries().size();
    operation.run();
    log.sync();
    State after = State.of(log);
    // A batch that goes on in the next segment can be there in part.
    for (int count = before + 1; count < after.entries().size(); count++) {
      states.add(new State(after.hardState(), after.base(), after.entries().subList(0, count)));
    }
    states.add(after);
  }

  private void findLastBatch() {
    ByteBuffer in = ByteBuffer.wrap(files.lastEntry().getValue());
    int at = 0;
    while (in.getInt(at + Records.TYPE) != 0) {
      lastBatch = at;
      at += Records.recordBytes(in.getInt(at));
    }
    lastBatchEnd = at;
  }

  private FaultyVolumes volumes(String changed, byte[] content) {
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    files.forEach((name, bytes) -> volumes.put(name, name.equals(changed) ? content : bytes));
    return volumes;
  }

  private State last() {
    return states.get(states.size() - 1);
  }

  @Test
  void anyByteThatChangedIsFoundAndOnlyTheLastWriteCanPassForTorn() {
    for (String name : files.keySet()) {
      boolean isLast = name.equals(files.lastKey());
      for (int at = 0; at < SEGMENT_BYTES; at++) {
        for (int mask : new int[] {1, 0x80, 0xff}) {
          byte[] content = files.get(name).clone();
          content[at] ^= (byte) mask;
          boolean isLastWrite = isLast && at >= lastBatch && at < lastBatchEnd;
          try (SegmentedLog log = open(volumes(name, content))) {
            State state = State.of(log);
            if (isLastWrite) {
              assertThat(state).isIn(last(), states.get(states.size() - 2));
            } else {
              // Only in what no record covers: padding, and the zeros behind the end.
              assertThat(state).as("%s at %s", name, at).isEqualTo(last());
              assertThat(files.get(name)[at]).isZero();
            }
          } catch (DamagedException e) {
            assertThat(isLastWrite).as("%s at %s: %s", name, at, e.getMessage()).isFalse();
            assertThat(e.getMessage()).contains(name).doesNotContain("\n");
          }
        }
      }
    }
  }

  @Test
  void changedRecordInTheMiddleOfTheLastSegmentIsDamage() {
    String name = files.lastKey();
    byte[] content = files.get(name).clone();
    content[Records.recordBytes(SegmentHeader.BODY_BYTES) + 40] ^= 4;
    assertThatThrownBy(() -> open(volumes(name, content)))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("offset " + Records.recordBytes(SegmentHeader.BODY_BYTES));
  }

  private SegmentedLog openMarked(VolumeFactory volumes) {
    return new SegmentedLog(volumes, IDENTITY, SEGMENT_BYTES, 99, Runnable::run, mark);
  }

  /** The log as it was written, but with a mark that was noted at its end. */
  private FaultyVolumes volumesOfACleanEnd(String changed, byte[] content) {
    FaultyVolumes intact = volumes("", new byte[0]);
    openMarked(intact).close();
    return volumes(changed, content);
  }

  @Test
  void damageInTheLastWriteIsFoundOnceTheLogWasClosed() {
    String name = files.lastKey();
    for (int at = lastBatch; at < lastBatchEnd; at++) {
      byte[] content = files.get(name).clone();
      content[at] ^= 0x40;
      FaultyVolumes volumes = volumesOfACleanEnd(name, content);
      boolean isPadding = files.get(name)[at] == 0;
      try (SegmentedLog log = openMarked(volumes)) {
        assertThat(isPadding).as("byte %s", at).isTrue();
        assertThat(State.of(log)).isEqualTo(last());
      } catch (DamagedException e) {
        assertThat(e.getMessage()).contains(name, "records are missing that were durable");
      }
    }
  }

  @Test
  void tailThatTheMarkDoesNotCoverIsCut() {
    FaultyVolumes volumes = volumes("", new byte[0]);
    openMarked(volumes).close();
    DurableMark beforeTheCrash = new RecordedMark(mark.durableSequence());
    try (SegmentedLog log = openMarked(volumes)) {
      log.append(LogStoreContract.entries(23, 24, 4));
      log.sync();
    }
    volumes.flipBit(files.lastKey(), 8L * (lastBatchEnd + 40));

    mark = beforeTheCrash;
    try (SegmentedLog log = openMarked(volumes)) {
      assertThat(State.of(log)).isEqualTo(last());
    }
  }

  @Test
  void newestSegmentThatIsGoneIsFound() {
    FaultyVolumes volumes = volumes("", new byte[0]);
    openMarked(volumes).close();
    volumes.take(files.lastKey());
    assertThatThrownBy(() -> openMarked(volumes))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("records are missing that were durable");
  }

  @Test
  void newestSegmentIsMissedFromItsFirstEntryOn() {
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    SegmentedLog log = openMarked(volumes);
    log.append(LogStoreContract.entries(1, 20, 1));
    log.sync();
    // Not closed: what was noted with the segment has to do.
    volumes.powerLoss();
    List<String> names = volumes.list().stream().filter(name -> name.endsWith(".seg")).toList();
    assertThat(names).hasSizeGreaterThan(1);

    volumes.take(names.get(names.size() - 1));

    assertThatThrownBy(() -> openMarked(volumes)).isInstanceOf(DamagedException.class);
  }

  @Test
  void logThatIsGoneAltogetherIsNotBegunAnew() {
    openMarked(volumes("", new byte[0])).close();
    assertThatThrownBy(() -> openMarked(new FaultyVolumes(new Random(1))))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("has lost its log");
  }

  @Test
  void logCutAtAnyLengthIsAnEarlierLogOrDamage() {
    for (String name : files.keySet()) {
      boolean isLast = name.equals(files.lastKey());
      for (int length = 0; length < SEGMENT_BYTES; length++) {
        byte[] content = Arrays.copyOf(files.get(name), length);
        try (SegmentedLog log = open(volumes(name, content))) {
          assertThat(State.of(log)).as("%s cut at %s", name, length).isIn(states);
          if (!isLast || length >= lastBatchEnd) {
            assertThat(State.of(log)).isEqualTo(last());
          }
          log.append(List.of(LogStoreContract.entry(log.lastIndex() + 1, 9)));
          log.sync();
        } catch (DamagedException e) {
          boolean isHeaderGone = length < Records.recordBytes(SegmentHeader.BODY_BYTES);
          assertThat(!isLast || isHeaderGone).as("%s cut at %s", name, length).isTrue();
        }
      }
    }
  }

  @Test
  void bytesZeroedInPagesOrSectorsAreFoundUnlessTheyAreTheTail() {
    for (String name : files.keySet()) {
      boolean isLast = name.equals(files.lastKey());
      for (int from = 0; from < SEGMENT_BYTES; from += 8) {
        for (int to = from + 8; to <= SEGMENT_BYTES; to += 104) {
          byte[] content = files.get(name).clone();
          Arrays.fill(content, from, to, (byte) 0);
          try (SegmentedLog log = open(volumes(name, content))) {
            boolean isTail = isLast && to >= lastBatch + 8;
            assertThat(State.of(log)).isIn(isTail ? states : List.of(last()));
          } catch (DamagedException e) {
            assertThat(e.getMessage()).contains("wal-");
          }
        }
      }
    }
  }

  @Test
  void missingSegmentIsDamageUnlessItHoldsNothingThatCounts() {
    for (String name : files.keySet()) {
      FaultyVolumes volumes = volumes("", new byte[0]);
      volumes.take(name);
      if (name.equals(files.lastKey())) {
        try (SegmentedLog log = open(volumes)) {
          assertThat(State.of(log)).isIn(states);
        }
      } else {
        assertThatThrownBy(() -> open(volumes)).isInstanceOf(DamagedException.class);
      }
    }
  }

  @Test
  void remnantsOfADeletionThatWasNotDurableAreNoDamage() {
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    State expected;
    TreeMap<String, byte[]> remnants = new TreeMap<>();
    try (SegmentedLog log = open(volumes)) {
      log.append(LogStoreContract.entries(1, 200, 1));
      log.sync();
      volumes.list().stream()
          .filter(name -> name.startsWith("wal-"))
          .forEach(name -> remnants.put(name, volumes.bytes(name)));
      log.compactTo(new EntryId(150, 1));
      log.sync();
      expected = State.of(log);
    }
    String first = remnants.firstKey();
    assertThat(volumes.exists(first)).isFalse();
    volumes.restart();
    volumes.put(first, remnants.get(first));
    try (SegmentedLog log = open(volumes)) {
      assertThat(State.of(log)).isEqualTo(expected);
    }
    assertThat(volumes.exists(first)).isFalse();
  }

  @Test
  void recordsOfAnEarlierUseOfTheFileAreNoDamage() {
    // The zeros behind the end, replaced by records with lower sequences: a file used again.
    String name = files.lastKey();
    byte[] content = files.get(name).clone();
    byte[] earlier = files.firstEntry().getValue();
    int from = Records.recordBytes(SegmentHeader.BODY_BYTES);
    System.arraycopy(earlier, from, content, lastBatchEnd, SEGMENT_BYTES - lastBatchEnd);
    try (SegmentedLog log = open(volumes(name, content))) {
      assertThat(State.of(log)).isEqualTo(last());
    }
  }

  @Test
  void logOfAnotherMemberIsRefused() {
    FaultyVolumes volumes = volumes("", new byte[0]);
    Identity other = new Identity(8, new MemberId(0xb0b));
    assertThatThrownBy(() -> new SegmentedLog(volumes, other, SEGMENT_BYTES, 99, Runnable::run))
        .isInstanceOf(DataDirException.class)
        .hasMessageContaining("written by member 00000000000a11ce of cluster 0000000000000007");
  }

  @Test
  void entryThatRotsWhileTheLogIsOpenIsNotServed() {
    for (int bit = 0; bit < 8 * SEGMENT_BYTES; bit += 13) {
      String name = files.firstKey();
      FaultyVolumes volumes = volumes("", new byte[0]);
      try (SegmentedLog log = open(volumes)) {
        volumes.flipBit(name, bit);
        List<LogEntry> entries = LogStoreContract.all(log);
        assertThat(entries).isEqualTo(last().entries());
      } catch (DamagedException e) {
        assertThat(e.getMessage()).contains("is not what was written");
      }
    }
  }

  @Test
  void valueThatLooksLikeARecordIsNotTakenForOne() {
    // A client that knows the format but not the salt stores a later record as its value.
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    ByteBuffer forged = ByteBuffer.allocate(64);
    forged.putInt(8).putInt(0).putInt(0).putInt(Records.TRUNCATE).putLong(1000).putLong(1000);
    forged.putLong(1);
    forged.putInt(Records.CRC, new Records().recordCrc(0, forged, 0, 8));
    try (SegmentedLog log = open(volumes)) {
      log.append(LogStoreContract.entries(1, 3, 1));
      log.sync();
      log.append(List.of(new LogEntry(3, 1, LogEntry.Kind.COMMAND, 5, forged.array())));
      log.sync();
    }
    volumes.restart();
    String name = volumes.list().get(volumes.list().size() - 1);
    byte[] bytes = volumes.bytes(name);
    int end = bytes.length;
    while (bytes[end - 1] == 0) {
      end--;
    }
    volumes.flipBit(name, 8L * (end - 70));
    try (SegmentedLog log = open(volumes)) {
      assertThat(log.lastIndex()).isEqualTo(2);
    }
  }

  @Test
  void entryOfAKindThatANewerVersionWroteIsRefusedByName() {
    FaultyVolumes volumes = new FaultyVolumes(new Random(1));
    try (SegmentedLog log = open(volumes)) {
      log.append(LogStoreContract.entries(1, 2, 1));
      log.sync();
      String name = volumes.list().stream().filter(each -> each.endsWith(".seg")).toList().get(0);
      int entry =
          Records.recordBytes(SegmentHeader.BODY_BYTES)
              + Records.RECORD_HEADER_BYTES
              + Records.ENTRIES_PREFIX_BYTES;
      byte[] content = volumes.bytes(name);
      ByteBuffer in = ByteBuffer.wrap(content);
      in.putInt(entry + 24, 99);
      in.putInt(entry + 4, new Records().entryCrc(1, in, entry, in.getInt(entry)));
      try (Volume volume = volumes.open(name)) {
        volume.putData(entry, in.limit(entry + Records.ENTRY_HEADER_BYTES).position(entry));
      }

      assertThatThrownBy(() -> log.read(1, 2, 1))
          .isInstanceOf(DataDirException.class)
          .hasMessageContaining("unknown kind 99; use the version that wrote it");
    }
  }
}
