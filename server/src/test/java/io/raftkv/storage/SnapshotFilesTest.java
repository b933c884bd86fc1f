package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.SnapshotStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SnapshotFilesTest extends SnapshotStoreContract {
  private FaultyVolumes volumes = new FaultyVolumes(new Random(1));

  @Override
  SnapshotStore create() {
    return new SnapshotFiles(volumes, true);
  }

  @Override
  SnapshotStore reopen(SnapshotStore store) {
    store.close();
    volumes.powerLoss();
    return create();
  }

  @Test
  void crashOrFailureAtAnyOperationLeavesTheLatestCommittedSnapshot() throws IOException {
    for (long operation = 1; operation <= 40; operation++) {
      for (int seed = 0; seed < 8; seed++) {
        volumes = new FaultyVolumes(new Random(seed));
        boolean isPowerCut = seed % 2 == 0;
        if (isPowerCut) {
          volumes.cutPowerAt(operation);
        } else {
          volumes.failAt(operation);
        }
        long committed = 0;
        long started = 0;
        try {
          store = create();
          for (long index = 10; index <= 40; index += 10) {
            started = index;
            make(store, meta(index), state(index, 150_000));
            committed = index;
            store.retain(1, Long.MAX_VALUE);
          }
        } catch (UncheckedIOException e) {
          assertThat(e).isNotInstanceOf(DamagedException.class);
        }
        if (isPowerCut) {
          volumes.powerLoss();
        } else {
          volumes.restart();
        }
        store = create();
        long found = store.latest().map(meta -> meta.index()).orElse(0L);
        assertThat(found).as("%s %s", operation, seed).isBetween(committed, started);
        if (found > 0) {
          assertThat(load(store, found)).isEqualTo(state(found, 150_000));
        }
      }
    }
  }

  @Test
  void damagedSnapshotIsReportedAndThePreviousOneUsed() throws IOException {
    make(store, meta(10), state(1, 1000));
    make(store, meta(20), state(2, 1000));
    String name = volumes.list().get(1);
    int length = volumes.bytes(name).length;
    for (int at = 0; at < length; at++) {
      volumes.flipBit(name, 8L * at + at % 8);
      SnapshotFiles reopened = new SnapshotFiles(volumes, true);
      assertThat(reopened.latest()).as("byte %s", at).contains(meta(10));
      assertThat(load(reopened, 10)).isEqualTo(state(1, 1000));
      assertThat(reopened.damaged()).hasSize(1);
      assertThat(reopened.damaged().get(0)).contains(name).doesNotContain("\n");
      volumes.flipBit(name, 8L * at + at % 8);
    }
  }

  @Test
  void damageThatComesWhileTheSnapshotIsOpenIsNotReturned() {
    byte[] state = state(1, 300_000);
    make(store, meta(10), state);
    String name = volumes.list().get(0);
    int length = volumes.bytes(name).length;
    for (int at = 100; at < length; at += 997) {
      volumes.flipBit(name, 8L * at);
      try {
        assertThat(load(store, 10)).isEqualTo(state);
        throw new AssertionError("byte " + at);
      } catch (IOException e) {
        assertThat(e.getMessage()).contains("damaged");
      }
      volumes.flipBit(name, 8L * at);
    }
  }

  @Test
  void readThatFailsSaysWhy() throws IOException {
    byte[] state = state(1, 300_000);
    make(store, meta(10), state);
    String name = volumes.list().get(0);
    volumes.put(name, Arrays.copyOf(volumes.bytes(name), 100_000));

    assertThatThrownBy(() -> load(store, 10))
        .isInstanceOf(IOException.class)
        .hasMessageMatching("snapshot cannot be read at \\d+: .*EOFException: at 100000");
  }

  @Test
  void leftoversAreRemovedAndAPartlyReceivedSnapshotIsKept() {
    volumes.put("making-3.tmp", new byte[10]);
    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), 1000)) {
      receiver.write(new byte[500]);
    }
    volumes.restart();
    store = create();
    assertThat(volumes.exists("making-3.tmp")).isFalse();
    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), 1000)) {
      assertThat(receiver.nextOffset()).isEqualTo(500);
    }
  }

  @Test
  void uncompressedSnapshotsAreReadAsWell() throws IOException {
    store = new SnapshotFiles(volumes, false);
    make(store, meta(10), state(1, 300_000));
    long uncompressed = store.sizeBytes();
    store = reopen(store);
    assertThat(load(store, 10)).isEqualTo(state(1, 300_000));
    make(store, meta(10), state(1, 300_000));
    assertThat(store.sizeBytes()).isLessThan(uncompressed);
  }

  @Test
  void blocksThatCompressAndThoseThatDoNotStandSideBySide() throws IOException {
    byte[] mixed = new byte[5 * SnapshotFormat.BLOCK_BYTES + 100];
    byte[] random = new byte[2 * SnapshotFormat.BLOCK_BYTES];
    new Random(3).nextBytes(random);
    System.arraycopy(random, 0, mixed, SnapshotFormat.BLOCK_BYTES, random.length);
    make(store, meta(10), mixed);

    assertThat(store.sizeBytes()).isBetween((long) random.length, random.length + 10_000L);
    assertThat(load(reopen(store), 10)).isEqualTo(mixed);
  }

  @Test
  void sizeOfTheStateIsKnownHoweverSmallItsFile() throws IOException {
    assertThat(store.latestStateBytes()).isZero();
    make(store, meta(10), new byte[300_000]);

    assertThat(store.sizeBytes()).isLessThan(300_000);
    assertThat(store.latestStateBytes()).isEqualTo(300_000);
    assertThat(reopen(store).latestStateBytes()).isEqualTo(300_000);
  }

  @Test
  void receivedSnapshotIsKnownAsSuchAfterARestart() {
    SnapshotStore other = new MemorySnapshots();
    make(other, meta(20), state(1, 1000));
    byte[] file = file(other, 20);
    try (SnapshotStore.Receiver receiver = store.receive(meta(20).last(), file.length)) {
      receiver.write(file);
      assertThat(receiver.finish()).isEqualTo(meta(20));
    }
    store = reopen(store);
    assertThat(store.isLatestOwn()).isFalse();
    make(store, meta(20), state(1, 1000));
    store = reopen(store);
    assertThat(store.isLatestOwn()).isTrue();
    assertThat(volumes.list()).hasSize(1);
  }

  /** As if written by a defect: every checksum is right. */
  @Test
  void receivedSnapshotThatDoesNotDecompressIsRefused() {
    byte[] header = SnapshotFormat.encodeHeader(SnapshotFiles.NO_CLUSTER, meta(10), true);
    byte[] stored = new byte[100];
    int crc = SnapshotFormat.blockCrc(0, 1_000, ByteBuffer.wrap(stored));
    int total = ByteBuffer.wrap(header).getInt(header.length - Integer.BYTES);
    byte[] trailer = SnapshotFormat.encodeTrailer(1, 1_000, SnapshotFormat.chain(total, crc));
    ByteBuffer file = ByteBuffer.allocate(1_000).put(header);
    file.putInt(1_000).putInt(stored.length).putInt(crc).put(stored).put(trailer).flip();

    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), file.remaining())) {
      receiver.write(Arrays.copyOf(file.array(), file.remaining()));
      assertThatThrownBy(receiver::finish).hasMessageContaining("does not decompress");
    }
    assertThat(store.latest()).isEmpty();
  }

  @Test
  void snapshotOfAnotherClusterIsRefused() {
    make(store, meta(10), state(1, 1000));
    byte[] file = file(store, 10);
    assertThatThrownBy(() -> new SnapshotFiles(volumes, true, 7))
        .isInstanceOf(DataDirException.class)
        .hasMessageContaining("a snapshot of cluster 0000000000000000");

    SnapshotStore ours = new MemorySnapshots(7);
    try (SnapshotStore.Receiver receiver = ours.receive(meta(10).last(), file.length)) {
      receiver.write(file);
      assertThatThrownBy(receiver::finish).isInstanceOf(UncheckedIOException.class);
    }
    assertThat(ours.latest()).isEmpty();
  }

  @Test
  void snapshotWhoseHeaderCannotBeWrittenLeavesNothing() {
    volumes.failAt(volumes.operations() + 2);
    assertThatThrownBy(() -> store.create(meta(10))).isInstanceOf(UncheckedIOException.class);
    assertThat(volumes.list()).isEmpty();
  }

  @Test
  void largeSnapshotIsSyncedWhileItIsWritten() throws IOException {
    try (SnapshotStore.Sink sink = store.create(meta(10))) {
      byte[] random = new byte[1 << 20];
      new Random(5).nextBytes(random);
      for (int i = 0; i < 20; i++) {
        sink.stream().write(random);
      }
      assertThat(volumes.syncs()).isEqualTo(2);
    }
  }
}
