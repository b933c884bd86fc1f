package io.raftkv.sim.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.sim.engine.Rng;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SnapshotModelTest {
  private final SnapshotModel model = new SnapshotModel();

  @Test
  void whatIsSyncedSurvives() {
    model.add(file(5));
    model.sync();
    model.crash(new Rng(1));

    assertThat(model.latest()).isEqualTo(new EntryId(5, 1));
    assertThat(model.files()).containsOnlyKeys(5L);
  }

  @Test
  void readersSeeWhatIsNotSyncedAndRulesDoNot() {
    model.add(file(5));

    assertThat(model.files()).containsOnlyKeys(5L);
    assertThat(model.latest()).isEqualTo(EntryId.ZERO);
  }

  @Test
  void eachUnsyncedChangeSurvivesOrNotOnItsOwn() {
    TreeSet<String> seen = new TreeSet<>();
    for (int seed = 0; seed < 100; seed++) {
      SnapshotModel other = new SnapshotModel();
      other.add(file(5));
      other.sync();
      other.add(file(9));
      other.remove(5);
      other.crash(new Rng(seed));
      seen.add(other.files().keySet().toString());
    }
    assertThat(seen).containsExactlyInAnyOrder("[]", "[5]", "[5, 9]", "[9]");
  }

  private static SnapshotModel.File file(long index) {
    SnapshotMeta meta = new SnapshotMeta(new EntryId(index, 1), Configuration.EMPTY);
    return SnapshotModel.File.of(meta, new byte[] {1});
  }
}
