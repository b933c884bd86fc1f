package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.LogEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KvModelTest {
  @Test
  void resultsHistoryCompactionAndExpiryAreThoseOfTheModel() throws Exception {
    for (long seed = 1; seed <= 60; seed++) {
      RandomCommands commands = new RandomCommands(seed);
      NaiveStore model = new NaiveStore(Machines.SMALL);
      KvStateMachine machine = new KvStateMachine(Machines.SMALL);

      for (int step = 1; step <= 500; step++) {
        LogEntry entry = commands.next();
        byte[] result = machine.apply(List.of(entry)).get(0);

        assertThat(result).as("seed %d step %d", seed, step).isEqualTo(model.apply(entry));
        if (step % 50 == 0) {
          assertSame(machine.view(), model);
        }
        if (step % 125 == 0) {
          machine = Machines.restored(Machines.snapshot(machine), Machines.SMALL);
        }
      }
      assertSame(machine.view(), model);
    }
  }

  @Test
  void aViewShowsTheSameForEver() {
    for (long seed = 100; seed < 120; seed++) {
      RandomCommands commands = new RandomCommands(seed);
      KvStateMachine machine = new KvStateMachine(Machines.SMALL);
      List<KvView> views = new ArrayList<>();
      List<List<Long>> hashes = new ArrayList<>();

      for (int batch = 0; batch < 40; batch++) {
        List<LogEntry> entries = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          entries.add(commands.next());
        }
        machine.apply(entries);
        views.add(machine.view());
        hashes.add(hashes(machine.view()));
      }

      for (int i = 0; i < views.size(); i++) {
        assertThat(hashes(views.get(i))).isEqualTo(hashes.get(i));
      }
    }
  }

  private static List<Long> hashes(KvView view) {
    List<Long> hashes = new ArrayList<>();
    for (long at = Math.max(1, view.compactedRevision()); at <= view.revision(); at++) {
      hashes.add(view.contentHash(at));
    }
    return hashes;
  }

  private static void assertSame(KvView view, NaiveStore model) {
    assertThat(view.revision()).isEqualTo(model.revision());
    assertThat(view.compactedRevision()).isEqualTo(model.compacted);
    assertThat(view.clusterTimeMillis()).isEqualTo(model.timeMillis);
    assertThat(view.keys()).isEqualTo(model.now().size());
    assertThat(view.historyBytes()).isEqualTo(model.historyBytes());
    OptionalLong nextExpiry =
        model.now().values().stream()
            .mapToLong(NaiveStore.Cell::expiryMillis)
            .filter(millis -> millis != 0)
            .min();
    assertThat(view.nextExpiryMillis()).isEqualTo(nextExpiry);
    assertThat(view.sessions(0, Integer.MAX_VALUE))
        .isEqualTo(model.sessions.shown(model::attached));
    assertThat(view.sessionCount()).isEqualTo(model.sessions.open.size());
    SplittableRandom random = new SplittableRandom(view.revision());
    for (long at = Math.max(1, model.compacted); at <= model.revision(); at++) {
      List<KeyVersion> expected =
          model.revisions.get((int) at).values().stream().map(NaiveStore.Cell::shown).toList();
      assertThat(Machines.all(view, at)).isEqualTo(expected);
      assertThat(view.count(KeyRange.all(), at)).isEqualTo(expected.size());
      List<KeyVersion> reversed = new ArrayList<>();
      view.scan(KeyRange.all(), at, true, reversed::add);
      Collections.reverse(reversed);
      assertThat(reversed).isEqualTo(expected);
      for (KeyVersion one : expected) {
        assertThat(view.get(one.key(), at)).contains(one);
      }
      byte[] start = {(byte) random.nextInt()};
      KeyRange range = KeyRange.of(start, new byte[] {(byte) random.nextInt()});
      List<KeyVersion> inRange = expected.stream().filter(v -> range.contains(v.key())).toList();
      List<KeyVersion> found = new ArrayList<>();
      view.scan(range, at, false, found::add);
      assertThat(found).isEqualTo(inRange);
      assertThat(view.count(range, at)).isEqualTo(inRange.size());
    }
  }
}
