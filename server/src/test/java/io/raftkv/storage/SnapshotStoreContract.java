package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every snapshot store promises, see {@link SnapshotStore}. */
abstract class SnapshotStoreContract {
  static final Configuration CONFIGURATION =
      Configuration.of(List.of(new Member(new MemberId(1), "n1", "localhost:1", true)));

  SnapshotStore store;

  /** A new, empty store. */
  abstract SnapshotStore create();

  /** The store as found by the next process. */
  abstract SnapshotStore reopen(SnapshotStore store);

  @BeforeEach
  void createStore() {
    store = create();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  static SnapshotMeta meta(long index) {
    return new SnapshotMeta(new EntryId(index, index / 10), CONFIGURATION);
  }

  /** Half of it compresses well. */
  static byte[] state(long seed, int length) {
    byte[] state = new byte[length];
    new Random(seed).nextBytes(state);
    Arrays.fill(state, length / 3, length - length / 6, (byte) seed);
    return state;
  }

  static void make(SnapshotStore store, SnapshotMeta meta, byte[] state) {
    try (SnapshotStore.Sink sink = store.create(meta)) {
      sink.stream().write(state);
      sink.commit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] load(SnapshotStore store, long index) throws IOException {
    try (SnapshotStore.Source source = store.open(index)) {
      return source.stream().readAllBytes();
    }
  }

  static byte[] file(SnapshotStore store, long index) {
    try (SnapshotStore.Source source = store.open(index)) {
      return source.read(0, (int) source.totalBytes());
    }
  }

  @Test
  void newStoreHasNoSnapshot() {
    assertThat(store.latest()).isEmpty();
    assertThat(store.sizeBytes()).isZero();
    assertThatThrownBy(() -> store.open(1)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void committedSnapshotIsFoundAgain() throws IOException {
    for (int length : new int[] {0, 1, 1000, 128 << 10, 400_000}) {
      byte[] state = state(length, length);
      make(store, meta(10 + length), state);
      assertThat(store.latest()).contains(meta(10 + length));
      assertThat(load(store, 10 + length)).isEqualTo(state);
      store = reopen(store);
      assertThat(store.latest()).contains(meta(10 + length));
      assertThat(load(store, 10 + length)).isEqualTo(state);
    }
  }

  @Test
  void snapshotExistsOnlyOnceItIsCommitted() throws IOException {
    try (SnapshotStore.Sink sink = store.create(meta(10))) {
      sink.stream().write(state(1, 300_000));
      assertThat(store.latest()).isEmpty();
    }
    assertThat(store.latest()).isEmpty();
    store = reopen(store);
    assertThat(store.latest()).isEmpty();
    assertThat(store.sizeBytes()).isZero();
  }

  @Test
  void newestSnapshotsAreRetainedAndOpenOnesStayReadable() throws IOException {
    for (long index = 10; index <= 50; index += 10) {
      make(store, meta(index), state(index, 200_000));
    }
    long full = store.sizeBytes();
    try (SnapshotStore.Source open = store.open(10)) {
      store.retain(2, 50);
      assertThat(open.stream().readAllBytes()).isEqualTo(state(10, 200_000));
    }
    assertThat(store.sizeBytes()).isLessThan(full);
    assertThatThrownBy(() -> store.open(30)).isInstanceOf(UncheckedIOException.class);
    assertThat(load(store, 40)).isEqualTo(state(40, 200_000));
    store = reopen(store);
    assertThat(store.latest()).contains(meta(50));
    assertThatThrownBy(() -> store.open(30)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void snapshotsThatAreNotAppliedYetAreRetained() throws IOException {
    for (long index = 10; index <= 50; index += 10) {
      make(store, meta(index), state(index, 1000));
    }

    store.retain(2, 15);

    assertThat(load(store, 20)).isEqualTo(state(20, 1000));
    assertThatThrownBy(() -> store.open(10)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void bytesOfAFileMakeTheSameSnapshotElsewhere() throws IOException {
    make(store, meta(10), state(1, 300_000));
    SnapshotStore other = new MemorySnapshots();
    try (SnapshotStore.Source source = store.open(10);
        SnapshotStore.Receiver receiver =
            other.receive(source.meta().last(), source.totalBytes())) {
      while (receiver.nextOffset() < source.totalBytes()) {
        receiver.write(source.read(receiver.nextOffset(), 10_000));
      }
      assertThat(source.read(source.totalBytes(), 10)).isEmpty();
      assertThat(receiver.finish()).isEqualTo(meta(10));
    }
    assertThat(other.latest()).contains(meta(10));
    assertThat(load(other, 10)).isEqualTo(state(1, 300_000));
  }

  @Test
  void ownSnapshotsAndReceivedOnesAreToldApart() {
    make(store, meta(10), state(1, 1000));
    assertThat(store.isLatestOwn()).isTrue();
    SnapshotStore other = new MemorySnapshots();
    make(other, meta(20), state(1, 1000));
    byte[] file = file(other, 20);
    try (SnapshotStore.Receiver receiver = store.receive(meta(20).last(), file.length)) {
      receiver.write(file);
      assertThat(receiver.finish()).isEqualTo(meta(20));
    }
    assertThat(store.isLatestOwn()).isFalse();
    store.retain(1, Long.MAX_VALUE);
    assertThat(store.latest()).contains(meta(20));
    assertThat(store.isLatestOwn()).isFalse();
  }

  @Test
  void discardedSnapshotGivesPlaceToTheOneBeforeAndToANewOneOfTheSameEntry() throws IOException {
    make(store, meta(10), state(1, 1000));
    make(store, meta(20), state(2, 1000));

    store.discard(20);

    assertThat(store.latest()).contains(meta(10));
    assertThatThrownBy(() -> store.open(20)).isInstanceOf(UncheckedIOException.class);
    make(store, meta(20), state(3, 1000));
    assertThat(load(store, 20)).isEqualTo(state(3, 1000));
  }

  @Test
  void unfinishedReceiverGoesOnWhereItWas() throws IOException {
    SnapshotStore other = new MemorySnapshots();
    make(other, meta(10), state(1, 300_000));
    byte[] file = file(other, 10);
    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), file.length)) {
      receiver.write(Arrays.copyOf(file, 70_000));
    }
    assertThat(store.latest()).isEmpty();
    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), file.length)) {
      assertThat(receiver.nextOffset()).isEqualTo(70_000);
      receiver.write(Arrays.copyOfRange(file, 70_000, file.length));
      assertThat(receiver.finish()).isEqualTo(meta(10));
    }
    store = reopen(store);
    assertThat(store.latest()).contains(meta(10));
    assertThat(load(store, 10)).isEqualTo(state(1, 300_000));
  }

  @Test
  void receiverOfAnotherSnapshotStartsAnew() {
    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), 1000)) {
      receiver.write(new byte[500]);
    }
    try (SnapshotStore.Receiver receiver = store.receive(meta(20).last(), 1000)) {
      assertThat(receiver.nextOffset()).isZero();
    }
    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), 1000)) {
      assertThat(receiver.nextOffset()).isZero();
    }
  }

  @Test
  void damagedOrIncompleteFileIsNotTaken() {
    SnapshotStore other = new MemorySnapshots();
    make(other, meta(10), state(1, 1000));
    byte[] file = file(other, 10);
    for (int at = 0; at < file.length; at++) {
      byte[] changed = file.clone();
      changed[at] ^= 1;
      checkRefused(changed, changed.length);
      checkRefused(Arrays.copyOf(file, at), file.length);
    }
    checkRefused(Arrays.copyOf(file, file.length + 1), file.length + 1);
    assertThat(store.latest()).isEmpty();
  }

  private void checkRefused(byte[] file, int totalBytes) {
    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), totalBytes)) {
      assertThat(receiver.nextOffset()).isZero();
      receiver.write(file);
      assertThatThrownBy(receiver::finish).isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void snapshotOfAnotherEntryThanAnnouncedIsNotTaken() {
    SnapshotStore other = new MemorySnapshots();
    make(other, meta(10), state(1, 1000));
    byte[] file = file(other, 10);
    try (SnapshotStore.Receiver receiver = store.receive(new EntryId(10, 77), file.length)) {
      receiver.write(file);
      assertThatThrownBy(receiver::finish).isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void moreBytesThanAnnouncedAreRefused() {
    try (SnapshotStore.Receiver receiver = store.receive(meta(10).last(), 100)) {
      assertThatThrownBy(() -> receiver.write(new byte[101]))
          .isInstanceOf(UncheckedIOException.class);
    }
  }
}
