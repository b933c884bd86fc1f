package io.raftkv.kv;

import static io.raftkv.kv.Machines.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.raftkv.proto.peer.v1.Command;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.PutCommand;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.RaftException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class KvStateMachineTest {
  private final Machines store = new Machines(Machines.SMALL);

  @Test
  void revisionsAreThoseOfEtcd() {
    store.run(Commands.put(bytes("a"), bytes("1")));
    store.run(Commands.put(bytes("b"), bytes("1")));
    store.run(Commands.put(bytes("a"), bytes("2")));
    assertThat(shown("a")).isEqualTo(new KeyVersion(bytes("a"), bytes("2"), 1, 3, 2, 0));

    store.run(Commands.delete(bytes("a")));
    assertThat(store.view().get(bytes("a"), 0)).isEmpty();
    assertThat(store.view().revision()).isEqualTo(4);

    store.run(Commands.put(bytes("a"), bytes("3")));
    assertThat(shown("a")).isEqualTo(new KeyVersion(bytes("a"), bytes("3"), 5, 5, 1, 0));
  }

  @Test
  void whatChangesNothingMakesNoRevision() {
    store.run(Commands.put(bytes("a"), bytes("1")));

    CommandResult nothing = store.run(Commands.delete(bytes("x")));
    CommandResult refused =
        store.run(
            Commands.put(
                ByteString.copyFromUtf8("a"),
                ByteString.EMPTY,
                Commands.PutCondition.IF_ABSENT,
                0,
                true));
    CommandResult none = store.run(Commands.delete(KeyRange.prefix(bytes("x")), 0, true));

    assertThat(nothing.getDeleted()).isZero();
    assertThat(nothing.getConditionFailed()).isFalse();
    assertThat(refused.getConditionFailed()).isTrue();
    assertThat(refused.getConditionModRevision()).isEqualTo(1);
    assertThat(refused.getPreviousCount()).isZero();
    assertThat(none.getDeleted()).isZero();
    assertThat(store.view().revision()).isEqualTo(1);
  }

  @Test
  void keysOfOneRangeDeleteShareARevision() {
    for (String key : List.of("a1", "a2", "a3", "b")) {
      store.run(Commands.put(bytes(key), bytes("v")));
    }

    CommandResult result = store.run(Commands.delete(KeyRange.prefix(bytes("a")), 2, true));

    assertThat(result.getDeleted()).isEqualTo(2);
    assertThat(result.getRevision()).isEqualTo(5);
    assertThat(result.getPreviousList())
        .extracting(previous -> previous.getKey().toStringUtf8())
        .containsExactly("a1", "a2");
    assertThat(store.view().keys()).isEqualTo(2);
    assertThat(store.view().count(KeyRange.all(), 4)).isEqualTo(4);
  }

  @Test
  void aDeleteOfTooManyKeysChangesNothing() {
    for (int i = 0; i < Machines.SMALL.deleteKeysMax() + 1; i++) {
      store.run(Commands.put(bytes("k" + i), bytes("v")));
    }
    long revision = store.view().revision();

    CommandResult refused = store.run(Commands.delete(KeyRange.all(), 0, false));
    assertThat(refused.getTooMany()).isTrue();
    assertThat(store.view().revision()).isEqualTo(revision);

    CommandResult limited =
        store.run(Commands.delete(KeyRange.all(), Machines.SMALL.deleteKeysMax(), false));
    assertThat(limited.getDeleted()).isEqualTo(Machines.SMALL.deleteKeysMax());
    assertThat(store.run(Commands.delete(KeyRange.all(), 0, false)).getDeleted()).isEqualTo(1);
  }

  @Test
  void aKeyIsVisibleUntilACommandExpiresIt() {
    put("a", 100);
    put("b", 50);
    assertThat(store.view().nextExpiryMillis()).hasValue(1_050);

    store.timeMillis = 1_049;
    assertThat(store.run(Commands.expire(0)).getDeleted()).isZero();
    store.timeMillis = 1_100;
    assertThat(shown("b").version()).isEqualTo(1);

    assertThat(store.run(Commands.expire(1)).getDeleted()).isEqualTo(1);
    assertThat(store.view().get(bytes("b"), 0)).isEmpty();
    assertThat(shown("a").version()).isEqualTo(1);
    assertThat(store.run(Commands.expire(1)).getDeleted()).isEqualTo(1);
    assertThat(store.view().keys()).isZero();
    assertThat(store.view().nextExpiryMillis()).isEmpty();
  }

  @Test
  void aPutWithoutTimeToLiveClearsIt() {
    put("a", 100);
    store.run(Commands.put(bytes("a"), bytes("2")));

    store.timeMillis = 10_000;
    assertThat(store.run(Commands.expire(0)).getDeleted()).isZero();
    assertThat(store.view().nextExpiryMillis()).isEmpty();
  }

  @Test
  void clusterTimeNeverGoesBack() {
    put("a", 100);
    store.timeMillis = 1_200;
    store.run(Commands.compact(0));
    store.timeMillis = 10;

    assertThat(store.run(Commands.expire(0)).getDeleted()).isEqualTo(1);
    assertThat(store.view().clusterTimeMillis()).isEqualTo(1_200);
  }

  @Test
  void compactionKeepsWhatReadsFromItsRevisionOnNeed() {
    store.run(Commands.put(bytes("a"), bytes("1")));
    store.run(Commands.put(bytes("a"), bytes("2")));
    store.run(Commands.put(bytes("b"), bytes("1")));
    store.run(Commands.delete(bytes("a")));

    store.run(Commands.compact(3));
    assertThat(store.view().get(bytes("a"), 3).orElseThrow().value()).isEqualTo(bytes("2"));
    assertThat(store.view().get(bytes("a"), 4)).isEmpty();
    assertThatThrownBy(() -> store.view().get(bytes("a"), 2))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.view().get(bytes("a"), 5))
        .isInstanceOf(IllegalArgumentException.class);

    store.run(Commands.compact(1_000_000));
    assertThat(store.view().compactedRevision()).isEqualTo(4);
    store.run(Commands.compact(2));
    assertThat(store.view().compactedRevision()).isEqualTo(4);
  }

  @Test
  void compactionLeavesNothingOfDeletedKeys() throws Exception {
    Machines fresh = new Machines(KvLimits.DEFAULT);
    int empty = Machines.snapshot(fresh.machine).length;
    for (int i = 0; i < 1_000; i++) {
      fresh.run(Commands.put(bytes("k" + i), bytes("v")));
    }
    fresh.run(Commands.delete(KeyRange.all(), 0, false));
    fresh.run(Commands.compact(Long.MAX_VALUE));

    assertThat(Machines.snapshot(fresh.machine)).hasSize(empty);
  }

  @Test
  void oneCompactionForgetsABoundedNumberOfVersionsAndTheNextGoesOn() {
    for (int i = 0; i < 12; i++) {
      store.run(Commands.put(bytes("a"), bytes("1")));
    }

    store.run(Commands.compact(12));
    assertThat(store.view().compactedRevision()).isEqualTo(6);
    assertThat(store.view().get(bytes("a"), 6).orElseThrow().version()).isEqualTo(6);
    store.run(Commands.compact(12));
    store.run(Commands.compact(12));
    assertThat(store.view().compactedRevision()).isEqualTo(12);
    assertThat(store.view().historyBytes()).isZero();
  }

  @Test
  void oneCompactionForgetsABoundedNumberOfBytes() {
    for (int i = 0; i < 4; i++) {
      store.run(Commands.put(bytes("a"), new byte[400]));
    }

    store.run(Commands.compact(4));

    // Two values of 400 bytes are more than 500, one is not.
    assertThat(store.view().compactedRevision()).isEqualTo(3);
  }

  @Test
  void aRevisionIsForgottenAsAWhole() {
    for (int i = 0; i < 6; i++) {
      store.run(Commands.put(bytes("a" + i), bytes("1")));
    }
    store.run(Commands.delete(KeyRange.all(), 0, false));
    store.run(Commands.put(bytes("a1"), bytes("2")));
    store.run(Commands.delete(bytes("a1")));

    store.run(Commands.compact(9));

    assertThat(store.view().compactedRevision()).isEqualTo(8);
    assertThat(store.view().count(KeyRange.all(), 8)).isEqualTo(1);
  }

  @Test
  void historyTakesTheBytesOfWhatWasReplacedOrDeleted() {
    store.run(Commands.put(bytes("key"), new byte[100]));
    assertThat(store.view().historyBytes()).isZero();
    store.run(Commands.put(bytes("key"), new byte[10]));
    assertThat(store.view().historyBytes()).isEqualTo(100 + 64);
    store.run(Commands.delete(bytes("key")));
    assertThat(store.view().historyBytes()).isEqualTo(100 + 64 + 10 + 64 + 3 + 64);
  }

  @Test
  void deletingTheFirstKeysOneByOneDoesNotWalkTheTombstonesBeforeThem() {
    Machines queue = new Machines(KvLimits.DEFAULT);
    int keys = 60_000;
    for (int i = 0; i < keys; i++) {
      queue.run(Commands.put(bytes(String.format("q/%06d", i)), bytes("")));
    }

    // Quadratic, this would look at 1.8 billion tombstones.
    long deleted = 0;
    long start = System.nanoTime();
    for (int i = 0; i < keys; i++) {
      deleted += queue.run(Commands.delete(KeyRange.prefix(bytes("q/")), 1, false)).getDeleted();
    }

    assertThat(deleted).isEqualTo(keys);
    assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
    assertThat(queue.view().keys()).isZero();
  }

  @Test
  void aCommandThatIsNotKnownStopsAndChangesNothing() {
    store.run(Commands.put(bytes("a"), bytes("1")));
    UnknownFieldSet newer =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    PutCommand put = PutCommand.newBuilder().setKey(ByteString.copyFromUtf8("a")).build();
    List<byte[]> unknown =
        List.of(
            new byte[0],
            new byte[] {1, 2, 3},
            Command.newBuilder().setUnknownFields(newer).build().toByteArray(),
            Command.newBuilder().setPut(put).setUnknownFields(newer).build().toByteArray(),
            Command.newBuilder()
                .setPut(put.toBuilder().setUnknownFields(newer))
                .build()
                .toByteArray(),
            Command.newBuilder().setPut(put.toBuilder().setCondition(3)).build().toByteArray());
    KvView before = store.view();

    for (byte[] command : unknown) {
      LogEntry entry = new LogEntry(2, 1, LogEntry.Kind.COMMAND, 1_000, command);
      assertThatThrownBy(() -> store.machine.apply(List.of(entry)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("entry 2/1 COMMAND");
      assertThat(store.view()).isSameAs(before);
    }
    store.run(Commands.put(bytes("a"), bytes("2")));
    assertThat(shown("a").version()).isEqualTo(2);
  }

  @Test
  void entriesAreAppliedWithoutGaps() {
    LogEntry second = new LogEntry(2, 1, LogEntry.Kind.NO_OP, 0, new byte[0]);
    assertThatThrownBy(() -> store.machine.apply(List.of(second)))
        .isInstanceOf(Invariant.Broken.class);
  }

  @Test
  void whatIsNoCommandHasAnEmptyResultAndMovesIndexTimeAndHash() {
    long hash = store.machine.stateHash();
    LogEntry entry = new LogEntry(1, 1, LogEntry.Kind.NO_OP, 77, new byte[] {1});

    assertThat(store.machine.apply(List.of(entry))).containsExactly(new byte[0]);

    assertThat(store.machine.appliedIndex()).isEqualTo(1);
    assertThat(store.view().clusterTimeMillis()).isEqualTo(77);
    assertThat(store.view().revision()).isZero();
    assertThat(store.machine.stateHash()).isNotEqualTo(hash);
  }

  @Test
  void aReaderWaitsForItsRevision() {
    CompletableFuture<KvView> second = store.machine.viewAtRevision(2);
    store.run(Commands.put(bytes("a"), bytes("1")));
    assertThat(second).isNotDone();

    store.run(Commands.put(bytes("a"), bytes("2")));

    assertThat(second).isCompletedWithValueMatching(view -> view.revision() == 2);
    assertThat(store.machine.viewAtRevision(1)).isCompleted();
  }

  @Test
  void readersThatMayWaitAreBoundedAndCancellingFreesThePlace() {
    CompletableFuture<KvView> first = store.machine.viewAtRevision(5);
    CompletableFuture<KvView> second = store.machine.viewAtRevision(5);
    assertThat(store.machine.viewAtRevision(5))
        .isCompletedExceptionally()
        .failsWithin(java.time.Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(RaftException.class);

    first.cancel(false);

    assertThat(store.machine.viewAtRevision(5)).isNotDone();
    assertThat(second).isNotDone();
  }

  @Test
  void readersOnOtherThreadsSeeWholeBatches() throws Exception {
    AtomicBoolean isDone = new AtomicBoolean();
    List<CompletableFuture<Long>> readers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      readers.add(
          CompletableFuture.supplyAsync(
              () -> readUntil(isDone), task -> new Thread(task, "reader").start()));
    }
    for (int batch = 0; batch < 1_500; batch++) {
      List<LogEntry> entries = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        byte[] key = bytes("k" + (batch * 10 + i) * 7 % 400);
        entries.add(
            new LogEntry(batch * 10L + i + 1, 1, LogEntry.Kind.COMMAND, 0, command(i, key, batch)));
      }
      store.machine.apply(entries);
    }
    isDone.set(true);
    for (CompletableFuture<Long> reader : readers) {
      assertThat(reader.get()).isPositive();
    }
  }

  private static byte[] command(int i, byte[] key, int batch) {
    return switch (i) {
      case 2, 5 -> Commands.delete(key);
      case 9 -> Commands.compact(batch * 4L);
      default -> Commands.put(key, bytes("" + batch));
    };
  }

  private long readUntil(AtomicBoolean isDone) {
    long reads = 0;
    while (!isDone.get() || reads == 0) {
      KvView view = store.view();
      assertThat(view.appliedIndex() % 10).isZero();
      assertThat(Machines.all(view, 0)).hasSize((int) view.keys());
      assertThat(view.contentHash(0)).isEqualTo(view.contentHash(0));
      reads++;
    }
    return reads;
  }

  private void put(String key, long ttlMillis) {
    store.run(
        Commands.put(
            ByteString.copyFromUtf8(key),
            ByteString.copyFromUtf8("v"),
            Commands.PutCondition.NONE,
            ttlMillis,
            false));
  }

  private KeyVersion shown(String key) {
    return store.view().get(bytes(key), 0).orElseThrow();
  }

  @Test
  void aConditionalDeleteNeedsItsRevision() {
    store.run(Commands.put(bytes("a"), bytes("1")));

    CommandResult refused =
        store.run(Commands.delete(ByteString.copyFromUtf8("a"), OptionalLong.of(7), true));
    assertThat(refused.getConditionFailed()).isTrue();
    assertThat(refused.getConditionModRevision()).isEqualTo(1);

    CommandResult deleted =
        store.run(Commands.delete(ByteString.copyFromUtf8("a"), OptionalLong.of(1), true));
    assertThat(deleted.getDeleted()).isEqualTo(1);
    assertThat(deleted.getPrevious(0).getValue().toStringUtf8()).isEqualTo("1");
  }
}
