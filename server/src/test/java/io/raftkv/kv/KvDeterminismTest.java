package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.raftkv.raft.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KvDeterminismTest {
  @Test
  void batchingChangesNeitherHashesNorSnapshotsNorResults() throws Exception {
    for (long seed = 1; seed <= 40; seed++) {
      List<LogEntry> log = log(seed, 600);
      List<Long> hashAt = new ArrayList<>();
      KvStateMachine single = new KvStateMachine(Machines.SMALL);
      List<byte[]> results = new ArrayList<>();
      for (LogEntry entry : log) {
        results.addAll(single.apply(List.of(entry)));
        hashAt.add(single.stateHash());
      }

      SplittableRandom random = new SplittableRandom(seed);
      KvStateMachine batched = new KvStateMachine(Machines.SMALL);
      for (int from = 0; from < log.size(); ) {
        int to = Math.min(log.size(), from + 1 + random.nextInt(50));
        List<byte[]> found = batched.apply(log.subList(from, to));
        for (int i = from; i < to; i++) {
          assertThat(found.get(i - from)).isEqualTo(results.get(i));
        }
        assertThat(batched.appliedIndex()).isEqualTo(to);
        assertThat(batched.stateHash())
            .as("seed %d index %d", seed, to)
            .isEqualTo(hashAt.get(to - 1));
        from = to;
        if (random.nextInt(5) == 0) {
          batched = Machines.restored(Machines.snapshot(batched), Machines.SMALL);
        }
      }

      assertThat(Machines.snapshot(batched)).isEqualTo(Machines.snapshot(single));
      assertThat(batched.view().contentHash(0)).isEqualTo(single.view().contentHash(0));
    }
  }

  @Test
  void everyEffectIsInTheStateHash() {
    byte[] a = Machines.bytes("a");
    List<byte[]> commands =
        List.of(
            Commands.put(a, Machines.bytes("1")),
            Commands.put(a, Machines.bytes("2")),
            Commands.put(Machines.bytes("b"), Machines.bytes("1")),
            Commands.delete(a),
            Commands.compact(1),
            Commands.expire(1),
            Commands.openSession("s", 5),
            Commands.openSession("t", 5),
            Commands.openSession("s", 6),
            Commands.keepSession(1, 0),
            Commands.keepSession(1, 2),
            Commands.closeSession(1),
            Commands.closeSession(2),
            put("c", new RequestId(1, 1, 0)),
            put("c", new RequestId(1, 2, 0)),
            put("c", new RequestId(1, 2, 2)),
            put("c", new RequestId(2, 1, 0)),
            attached("c", 1),
            attached("c", 2),
            attached("d", 1));
    List<Long> hashes = new ArrayList<>();
    for (byte[] command : commands) {
      Machines store = new Machines(KvLimits.DEFAULT);
      store.run(Commands.put(a, Machines.bytes("0")));
      store.run(Commands.openSession("1", 1_000));
      store.run(Commands.openSession("2", 1_000));
      store.run(command);
      hashes.add(store.machine.stateHash());
    }
    assertThat(hashes).doesNotHaveDuplicates();
  }

  private static byte[] put(String key, RequestId id) {
    return Commands.put(
        ByteString.copyFromUtf8(key), ByteString.EMPTY, Commands.PutCondition.NONE, 0, false, id);
  }

  private static byte[] attached(String key, long session) {
    return Commands.put(
        ByteString.copyFromUtf8(key),
        ByteString.EMPTY,
        Commands.PutCondition.NONE,
        0,
        false,
        session,
        null);
  }

  /** A change of these numbers is a change of the format: old members would report a difference. */
  @Test
  void hashesAndSnapshotsAreThoseOfTheFormat() {
    Machines store = new Machines(KvLimits.DEFAULT);
    for (int i = 0; i < 100; i++) {
      store.timeMillis += 7;
      byte[] key = Machines.bytes("key" + i * i % 37);
      store.run(
          Commands.put(
              Commands.wrap(key),
              Commands.wrap(new byte[i % 23]),
              Commands.PutCondition.NONE,
              i % 4 == 0 ? i : 0,
              false));
    }
    store.run(Commands.compact(60));
    store.run(Commands.delete(KeyRange.prefix(Machines.bytes("key3")), 0, false));
    store.run(Commands.expire(5));
    KvStateMachine machine = store.machine;

    byte[] snapshot = Machines.snapshot(machine);
    assertThat(
            List.of(
                machine.stateHash(),
                machine.view().contentHash(0),
                Hash64.finish(Hash64.mix(0, snapshot))))
        .containsExactly(-8530801347085356612L, 6915096372982997023L, 8802304472843949935L);
  }

  private static List<LogEntry> log(long seed, int entries) {
    RandomCommands commands = new RandomCommands(seed);
    List<LogEntry> log = new ArrayList<>();
    for (int i = 0; i < entries; i++) {
      log.add(commands.next());
    }
    return log;
  }
}
