package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.SessionRefusal;
import io.raftkv.raft.LogEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class KvSnapshotTest {
  @Test
  void aFrozenStateIsWrittenAsItWasWhileApplyGoesOn() throws IOException {
    Machines store = new Machines(KvLimits.DEFAULT);
    store.run(Commands.put(Machines.bytes("a"), Machines.bytes("1")));
    var frozen = store.machine.freeze();
    byte[] before = Machines.snapshot(store.machine);

    store.run(Commands.put(Machines.bytes("a"), Machines.bytes("2")));
    store.run(Commands.compact(2));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    frozen.writeTo(out);

    assertThat(frozen.appliedIndex()).isEqualTo(1);
    assertThat(out.toByteArray()).isEqualTo(before);
    assertThat(Machines.restored(before, KvLimits.DEFAULT).appliedIndex()).isEqualTo(1);
  }

  @Test
  void aStateThatSkipsNumbersIsTheSameAndGivesNoneOfThemAgain() throws IOException {
    Machines store = new Machines(KvLimits.DEFAULT);
    store.run(Commands.put(Machines.bytes("a"), Machines.bytes("1")));
    store.run(Commands.openSession("first", 1_000));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    store.view().skipping(1_000).writeTo(out);

    KvStateMachine restored = Machines.restored(out.toByteArray(), KvLimits.DEFAULT);

    assertThat(restored.stateHash()).isEqualTo(store.machine.stateHash());
    assertThat(Machines.all(restored.view(), 0)).isEqualTo(Machines.all(store.view(), 0));
    assertThat(restored.view().get(Machines.bytes("a"), 500)).isPresent();
    assertThat(run(restored, Commands.put(Machines.bytes("b"), Machines.bytes("2"))).getRevision())
        .isEqualTo(1_002);
    assertThat(run(restored, Commands.openSession("second", 1_000)).getSessionId())
        .isEqualTo(1_002);
    // One that may have been opened in what was lost has ended; it is not somebody else's.
    assertThat(run(restored, Commands.keepSession(2, 1)).getSessionRefusal())
        .isEqualTo(SessionRefusal.ENDED_SESSION);
  }

  private static CommandResult run(KvStateMachine machine, byte[] command) {
    LogEntry entry =
        new LogEntry(machine.appliedIndex() + 1, 1, LogEntry.Kind.COMMAND, 2_000, command);
    return Commands.decodeResult(machine.apply(List.of(entry)).get(0));
  }

  @Test
  void theEmptyStateCanBeRestored() throws IOException {
    byte[] empty = Machines.snapshot(new KvStateMachine(KvLimits.DEFAULT));

    KvStateMachine restored = Machines.restored(empty, KvLimits.DEFAULT);

    assertThat(restored.appliedIndex()).isZero();
    assertThat(Machines.snapshot(restored)).isEqualTo(empty);
  }

  @Test
  void aCutSnapshotIsRefusedAndTheOldStateStays() {
    byte[] snapshot = small(3);
    for (int length = 0; length < snapshot.length; length++) {
      assertRefused(Arrays.copyOf(snapshot, length));
    }
    assertRefused(Arrays.copyOf(snapshot, snapshot.length + 1));
  }

  @Test
  void everyFlippedBitIsFound() {
    byte[] snapshot = small(4);
    for (int bit = 0; bit < snapshot.length * 8; bit++) {
      byte[] damaged = snapshot.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertRefused(damaged);
    }
  }

  /** As if written by a defect: the checksum is right, what it covers is not. */
  @Test
  void whatIsAcceptedWithAMatchingChecksumIsAStateInItsOnlyForm() {
    int accepted = 0;
    int refused = 0;
    for (long seed = 1; seed <= 4; seed++) {
      byte[] snapshot = small(seed);
      SplittableRandom random = new SplittableRandom(seed);
      for (int i = 0; i < snapshot.length - 4; i++) {
        for (int mask : new int[] {1, 0x80, 0xFF, 1 + random.nextInt(255)}) {
          byte[] damaged = snapshot.clone();
          damaged[i] ^= (byte) mask;
          byte[] sealed = sealed(damaged);
          try {
            KvStateMachine restored = Machines.restored(sealed, Machines.SMALL);
            assertThat(Machines.snapshot(restored)).isEqualTo(sealed);
            restored.view().contentHash(0);
            accepted++;
          } catch (IOException e) {
            refused++;
          }
        }
      }
    }
    assertThat(refused).isPositive();
    assertThat(accepted).isPositive();
  }

  @Test
  void historyBelowTheCompactedRevisionIsRefused() {
    Machines store = new Machines(Machines.SMALL);
    store.run(Commands.put(Machines.bytes("a"), Machines.bytes("1")));
    store.run(Commands.put(Machines.bytes("a"), Machines.bytes("2")));
    byte[] snapshot = Machines.snapshot(store.machine);
    int compactedRevision = 4 + 1 + 2 * Integer.BYTES + 3 * Long.BYTES;

    ByteBuffer.wrap(snapshot).putLong(compactedRevision, 2);

    assertRefused(sealed(snapshot));
  }

  @Test
  void aHugeLengthAllocatesNoMoreThanTheStreamHolds() {
    byte[] header = Arrays.copyOf(small(5), 4 + SnapshotWriter.HEADER_LENGTH);
    ByteBuffer record = ByteBuffer.allocate(header.length + 5 + 100).put(header);
    record.putInt(Integer.MAX_VALUE).put(SnapshotWriter.KEY);

    assertRefused(record.array());
  }

  /** Records and numbers lie across the borders of what the stream gives at a time. */
  @Test
  void howTheStreamIsCutDoesNotMatter() throws IOException {
    Machines store = new Machines(KvLimits.DEFAULT);
    for (int i = 0; i < 40; i++) {
      store.run(Commands.put(Machines.bytes("key" + i), new byte[i * 6_007]));
    }
    byte[] snapshot = Machines.snapshot(store.machine);

    for (int partMax : new int[] {1, 7, 4_096, (1 << 16) + 1}) {
      KvStateMachine restored = new KvStateMachine(KvLimits.DEFAULT);
      restored.restore(inParts(snapshot, partMax));
      assertThat(Machines.snapshot(restored)).isEqualTo(snapshot);
    }
  }

  private static InputStream inParts(byte[] bytes, int partMax) {
    return new ByteArrayInputStream(bytes) {
      @Override
      public synchronized int read(byte[] to, int offset, int length) {
        return super.read(to, offset, Math.min(length, partMax));
      }
    };
  }

  @Test
  void aLargeValueThatIsCutIsRefused() {
    Machines store = new Machines(KvLimits.DEFAULT);
    store.run(Commands.put(Machines.bytes("a"), new byte[300_000]));
    byte[] snapshot = Machines.snapshot(store.machine);
    for (int length = 0; length < snapshot.length; length += 4_099) {
      assertRefused(Arrays.copyOf(snapshot, length));
    }
    byte[] damaged = snapshot.clone();
    damaged[200_000] ^= 1;
    assertRefused(damaged);
  }

  @Test
  void anotherFormatIsRefusedByName() {
    byte[] snapshot = small(6);
    snapshot[4 + 1 + 4 + 3] = 9;

    assertThatThrownBy(() -> Machines.restored(snapshot, Machines.SMALL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("format 9");
  }

  /** Written before there were sessions: the same, without what the header says of them. */
  @Test
  void aSnapshotOfTheFormatBeforeIsRead() throws IOException {
    Machines store = new Machines(KvLimits.DEFAULT);
    store.run(Commands.put(Machines.bytes("a"), Machines.bytes("1")));
    store.run(Commands.put(Machines.bytes("a"), Machines.bytes("2")));
    byte[] now = Machines.snapshot(store.machine);
    int headerEnd = Integer.BYTES + SnapshotWriter.HEADER_LENGTH;
    int oldHeaderEnd = headerEnd - 2 * Long.BYTES;
    byte[] before = Arrays.copyOf(now, now.length - 2 * Long.BYTES);
    System.arraycopy(now, headerEnd, before, oldHeaderEnd, now.length - headerEnd);
    ByteBuffer.wrap(before).putInt(0, SnapshotWriter.HEADER_LENGTH - 2 * Long.BYTES);
    ByteBuffer.wrap(before).putInt(4 + 1 + 4, 1);

    KvStateMachine restored = Machines.restored(sealed(before), KvLimits.DEFAULT);

    assertThat(Machines.snapshot(restored)).isEqualTo(now);
  }

  @Test
  void theEndOfTheStreamIsReadSoThatTheFileCanCheckItself() {
    byte[] snapshot = small(7);
    InputStream failingAtTheEnd =
        new ByteArrayInputStream(snapshot) {
          @Override
          public synchronized int read(byte[] to, int offset, int length) {
            int count = super.read(to, offset, length);
            if (count < 0) {
              throw new java.io.UncheckedIOException(new IOException("damaged at the end"));
            }
            return count;
          }
        };

    assertThatThrownBy(() -> new KvStateMachine(Machines.SMALL).restore(failingAtTheEnd))
        .hasMessageContaining("damaged at the end");
  }

  private static void assertRefused(byte[] damaged) {
    Machines store = new Machines(Machines.SMALL);
    store.run(Commands.put(Machines.bytes("k"), Machines.bytes("v")));
    KvView before = store.view();

    assertThatThrownBy(() -> store.machine.restore(new ByteArrayInputStream(damaged)))
        .isInstanceOf(IOException.class);

    assertThat(store.view()).isSameAs(before);
    store.run(Commands.put(Machines.bytes("k"), Machines.bytes("w")));
    assertThat(store.view().get(Machines.bytes("k"), 0).orElseThrow().version()).isEqualTo(2);
  }

  private static byte[] sealed(byte[] snapshot) {
    CRC32C crc = new CRC32C();
    crc.update(snapshot, 0, snapshot.length - 4);
    return ByteBuffer.wrap(snapshot).putInt(snapshot.length - 4, (int) crc.getValue()).array();
  }

  /** Of a few keys, with histories, tombstones and expiry. */
  private static byte[] small(long seed) {
    RandomCommands commands = new RandomCommands(seed);
    KvStateMachine machine = new KvStateMachine(Machines.SMALL);
    List<LogEntry> log = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      log.add(commands.next());
    }
    machine.apply(log);
    return Machines.snapshot(machine);
  }
}
