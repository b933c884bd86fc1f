package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder passes to a new member completely or not at all, wherever the process ends. */
class SuccessionTest {
  private static final Identity OLD = new Identity(7, new MemberId(0xa11ce));
  private static final Identity NEW = new Identity(7, new MemberId(0xb0b));
  private static final List<String> PARTS =
      List.of("log", "snapshots", "STARTED", "met", "identity");

  @TempDir Path parent;
  private Path folder;
  private TreeMap<String, byte[]> oldFiles = new TreeMap<>();

  @BeforeEach
  void makeMember() throws IOException {
    folder = parent.resolve("data");
    try (DataDir dir = DataDir.open(folder)) {
      dir.claim(OLD);
      dir.markStarted();
      try (SegmentedLog log = dir.openLog(4096, Runnable::run)) {
        log.saveHardState(new HardState(3, OLD.memberId()));
        log.append(LogStoreContract.entries(1, 10, 3));
        log.sync();
      }
      try (SnapshotFiles snapshots = dir.openSnapshots()) {
        SnapshotStoreContract.make(snapshots, SnapshotStoreContract.meta(5), new byte[100]);
      }
    }
    oldFiles = files(folder);
  }

  /** Contents by path, of what belongs to a member. */
  private static TreeMap<String, byte[]> files(Path root) throws IOException {
    TreeMap<String, byte[]> files = new TreeMap<>();
    for (String part : PARTS) {
      if (Files.exists(root.resolve(part))) {
        try (Stream<Path> paths = Files.walk(root.resolve(part))) {
          for (Path path : paths.filter(Files::isRegularFile).toList()) {
            files.put(root.relativize(path).toString(), Files.readAllBytes(path));
          }
        }
      }
    }
    return files;
  }

  private void assertOldFilesIn(Path root) throws IOException {
    TreeMap<String, byte[]> found = files(root);
    assertThat(found.keySet()).isEqualTo(oldFiles.keySet());
    found.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(oldFiles.get(name)));
  }

  @Test
  void stateThatDiffersGoesAsideWithTheRest() throws IOException {
    DataDir.markDiffering(folder, "the state after entry 7 differs");

    Path aside;
    try (DamagedDir damaged = DamagedDir.lock(folder)) {
      aside = damaged.passTo(NEW);
    }

    assertOldFilesIn(aside);
    assertThat(aside.resolve("DIFFERS")).exists();
    assertIsOfNewMember();
  }

  private void assertIsOfNewMember() throws IOException {
    try (DataDir dir = DataDir.open(folder)) {
      assertThat(dir.identity()).contains(NEW);
      dir.claim(NEW);
      dir.checkLogIsKept(dir.isLogMissing());
      try (SegmentedLog log = dir.openLog(4096, Runnable::run);
          SnapshotFiles snapshots = dir.openSnapshots()) {
        assertThat(log.lastIndex()).isZero();
        assertThat(log.hardState()).isEqualTo(HardState.INITIAL);
        assertThat(snapshots.latest()).isEmpty();
      }
    }
    assertThat(folder.resolve(Succession.NAME)).doesNotExist();
  }

  @Test
  void theFolderIsThatOfTheNewMemberAndTheOldFilesAreKept() throws IOException {
    try (DamagedDir dir = DamagedDir.lock(folder)) {
      assertThat(dir.owner()).contains(OLD);
      assertThat(dir.passTo(NEW)).isEqualTo(folder.resolve("damaged-1"));
    }

    assertOldFilesIn(folder.resolve("damaged-1"));
    assertIsOfNewMember();
  }

  @Test
  void aCrashBeforeTheRecordIsCompleteHasChangedNothing() throws IOException {
    Files.writeString(folder.resolve("SUCCESSOR.tmp"), "cluster 00");

    try (DataDir dir = DataDir.open(folder)) {
      assertThat(dir.identity()).contains(OLD);
    }
    assertOldFilesIn(folder);
  }

  @Test
  void aCrashAfterAnyMoveIsMadeGood() throws IOException {
    for (int moved = 0; moved <= PARTS.size(); moved++) {
      Succession.begin(folder, NEW);
      Path aside = Files.createDirectory(folder.resolve("damaged-1"));
      for (String part : PARTS.subList(0, moved)) {
        Files.move(folder.resolve(part), aside.resolve(part));
      }

      assertIsOfNewMember();

      assertOldFilesIn(aside);
      restoreOldMember();
    }
  }

  /** The order in which moves reach the disk is not that in which they were made. */
  @Test
  void aPowerCutThatKeepsAnyOfTheMovesIsMadeGood() throws IOException {
    for (int kept = 0; kept < 1 << PARTS.size(); kept++) {
      Succession.begin(folder, NEW);
      Path aside = Files.createDirectory(folder.resolve("damaged-1"));
      for (int i = 0; i < PARTS.size(); i++) {
        if ((kept & 1 << i) != 0) {
          Files.move(folder.resolve(PARTS.get(i)), aside.resolve(PARTS.get(i)));
        }
      }

      assertIsOfNewMember();

      assertOldFilesIn(aside);
      restoreOldMember();
    }
  }

  @Test
  void aCrashWhileTheNewIdentityIsWrittenIsMadeGood() throws IOException {
    byte[] whole;
    try (DamagedDir dir = DamagedDir.lock(folder)) {
      dir.passTo(NEW);
      whole = Files.readAllBytes(folder.resolve("identity"));
    }
    List<byte[]> torn = new ArrayList<>();
    torn.add(new byte[whole.length]);
    byte[] half = Arrays.copyOf(whole, whole.length);
    Arrays.fill(half, 20, 4096, (byte) 0);
    Arrays.fill(half, 4096, whole.length, (byte) 0);
    torn.add(half);
    byte[] one = Arrays.copyOf(whole, whole.length);
    Arrays.fill(one, 4096, whole.length, (byte) 0);
    torn.add(one);
    torn.add(whole);
    for (byte[] bytes : torn) {
      restoreOldMember();
      Succession.begin(folder, NEW);
      Path aside = Files.createDirectory(folder.resolve("damaged-1"));
      for (String part : PARTS) {
        Files.move(folder.resolve(part), aside.resolve(part));
      }
      Files.write(folder.resolve("identity.tmp"), new byte[100]);
      Files.write(folder.resolve("identity"), bytes);

      assertIsOfNewMember();
      assertOldFilesIn(aside);
    }
  }

  private void restoreOldMember() throws IOException {
    Path aside = folder.resolve("damaged-1");
    for (String part : PARTS) {
      delete(folder.resolve(part));
      Files.move(aside.resolve(part), folder.resolve(part));
    }
    Files.delete(aside);
  }

  private static void delete(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  @Test
  void aRecordThatRottedIsDamageAndTheNextSuccessorOverridesIt() throws IOException {
    Succession.begin(folder, NEW);
    Path record = folder.resolve(Succession.NAME);
    byte[] bytes = Files.readAllBytes(record);
    for (int i = 0; i < bytes.length; i++) {
      byte[] rotten = bytes.clone();
      rotten[i] ^= 2;
      Files.write(record, rotten);
      assertThatThrownBy(() -> DataDir.open(folder).close())
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining(record.toString());
    }
    assertOldFilesIn(folder);

    try (DamagedDir dir = DamagedDir.lock(folder)) {
      assertThat(dir.owner()).contains(OLD);
      dir.passTo(NEW);
    }
    assertIsOfNewMember();
  }

  @Test
  void theOwnerIsKnownFromTheLogToo() throws IOException {
    Files.write(folder.resolve("identity"), new byte[8192]);
    assertThatThrownBy(() -> DataDir.open(folder).close()).isInstanceOf(DamagedException.class);
    try (DamagedDir dir = DamagedDir.lock(folder)) {
      assertThat(dir.owner()).contains(OLD);
    }

    delete(folder.resolve("log"));
    try (DamagedDir dir = DamagedDir.lock(folder)) {
      assertThat(dir.owner()).isEmpty();
    }
  }

  @Test
  void eachSuccessionHasAFolderOfItsOwn() throws IOException {
    for (int i = 1; i <= 3; i++) {
      try (DamagedDir dir = DamagedDir.lock(folder)) {
        assertThat(dir.passTo(new Identity(7, new MemberId(i))))
            .isEqualTo(folder.resolve("damaged-" + i));
      }
    }
    assertOldFilesIn(folder.resolve("damaged-1"));
  }

  @Test
  void aFolderThatPassesIsNotLookedAt() throws IOException {
    Succession.begin(folder, NEW);
    assertThatThrownBy(() -> DataDir.lookAt(folder).close())
        .isInstanceOf(DataDirException.class)
        .hasMessageContaining("passes to a new member");
    assertOldFilesIn(folder);
  }

  @Test
  void aFolderInUseIsNotPassedOn() {
    try (DataDir dir = DataDir.open(folder)) {
      assertThat(dir.identity()).contains(OLD);
      assertThatThrownBy(() -> DamagedDir.lock(folder).close())
          .isInstanceOf(DataDirException.class)
          .hasMessageContaining("is locked by process");
    }
  }
}
