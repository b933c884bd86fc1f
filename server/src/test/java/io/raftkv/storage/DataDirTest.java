package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that a member must not start on, and the line that says why. */
class DataDirTest {
  private static final Identity IDENTITY = new Identity(7, new MemberId(0xa11ce));

  @TempDir Path parent;
  private Path folder;

  @BeforeEach
  void chooseFolder() {
    folder = parent.resolve("a").resolve("data");
  }

  private void assertRefused(String cause) {
    assertThatThrownBy(() -> DataDir.open(folder).close())
        .isInstanceOf(DataDirException.class)
        .hasMessageContaining("data directory " + folder)
        .hasMessageContaining(cause)
        .hasMessageNotContaining("\n");
  }

  private void makeMember() {
    try (DataDir dir = DataDir.open(folder)) {
      dir.claim(IDENTITY);
    }
  }

  @Test
  void newFolderIsMadeForItsOwnerOnly() throws IOException {
    makeMember();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
  }

  @Test
  void storesAreFoundAgain() {
    try (DataDir dir = DataDir.open(folder)) {
      assertThat(dir.identity()).isEmpty();
      dir.claim(IDENTITY);
      try (SegmentedLog log = dir.openLog(4096, Runnable::run)) {
        log.saveHardState(new HardState(3, IDENTITY.memberId()));
        log.append(LogStoreContract.entries(1, 10, 3));
        log.sync();
      }
      try (SnapshotFiles snapshots = dir.openSnapshots()) {
        SnapshotStoreContract.make(snapshots, SnapshotStoreContract.meta(5), new byte[100]);
      }
    }
    try (DataDir dir = DataDir.open(folder)) {
      assertThat(dir.identity()).contains(IDENTITY);
      dir.claim(IDENTITY);
      try (SegmentedLog log = dir.openLog(4096, Runnable::run);
          SnapshotFiles snapshots = dir.openSnapshots()) {
        assertThat(log.hardState()).isEqualTo(new HardState(3, IDENTITY.memberId()));
        assertThat(LogStoreContract.all(log)).isEqualTo(LogStoreContract.entries(1, 10, 3));
        assertThat(snapshots.latest()).contains(SnapshotStoreContract.meta(5));
      }
    }
  }

  @Test
  void folderInUseIsRefused() {
    try (DataDir dir = DataDir.open(folder)) {
      assertThat(dir.identity()).isEmpty();
      assertRefused("is locked by process " + ProcessHandle.current().pid());
    }
    makeMember();
  }

  @Test
  void fileIsRefused() throws IOException {
    Files.createDirectories(folder.getParent());
    Files.createFile(folder);
    assertRefused("is not a directory");
  }

  @Test
  void symbolicLinkIsRefused() throws IOException {
    Path target = Files.createDirectory(parent.resolve("target"));
    Files.createDirectories(folder.getParent());
    Files.createSymbolicLink(folder, target);
    assertRefused("is a symbolic link");
  }

  @Test
  void folderWithSomethingElseIsRefused() throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("holiday.jpg"), "x");
    assertRefused("is not empty and holds no data of raftkv");
  }

  @Test
  void folderBelowAFileIsRefused() throws IOException {
    Files.createFile(parent.resolve("a"));
    assertRefused("cannot be used");
  }

  @Test
  void folderOfAnotherClusterOrMemberIsRefused() {
    makeMember();
    try (DataDir dir = DataDir.open(folder)) {
      assertThatThrownBy(() -> dir.claim(new Identity(8, IDENTITY.memberId())))
          .isInstanceOf(DataDirException.class)
          .hasMessageContaining("belongs to cluster 0000000000000007, not 0000000000000008");
      assertThatThrownBy(() -> dir.claim(new Identity(7, new MemberId(1))))
          .isInstanceOf(DataDirException.class)
          .hasMessageContaining("belongs to member 00000000000a11ce, not 0000000000000001");
    }
  }

  @Test
  void folderOfAnotherVersionIsRefused() throws IOException {
    makeMember();
    Path file = folder.resolve(StableSlots.NAME);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    for (int slot = 0; slot < 2; slot++) {
      bytes.putInt(slot * StableSlots.SLOT_BYTES + 8, 2);
      CRC32C crc = new CRC32C();
      crc.update(bytes.array(), slot * StableSlots.SLOT_BYTES, 36);
      bytes.putInt(slot * StableSlots.SLOT_BYTES + 36, (int) crc.getValue());
    }
    Files.write(file, bytes.array());
    assertThatThrownBy(() -> DataDir.open(folder).close())
        .isInstanceOf(DataDirException.class)
        .hasMessageStartingWith(file + " is written in format 2; use the version that wrote it");
  }

  @Test
  void damagedIdentityIsRefused() throws IOException {
    makeMember();
    Files.write(folder.resolve(StableSlots.NAME), new byte[] {1, 2, 3});
    assertThatThrownBy(() -> DataDir.open(folder).close())
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining(folder.resolve(StableSlots.NAME) + " is damaged");
  }

  @Test
  void folderWhoseStateDiffersFromThatOfAQuorumIsTakenForDamaged() {
    makeMember();

    DataDir.markDiffering(folder, "the state after entry 7 differs");

    assertThatThrownBy(() -> DataDir.open(folder).close())
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("data directory " + folder)
        .hasMessageContaining("the state after entry 7 differs")
        .hasMessageNotContaining("\n");
    // It may be looked at all the same.
    DataDir.lookAt(folder).close();
  }

  @Test
  void folderThatLostItsIdentityIsRefused() throws IOException {
    makeMember();
    try (DataDir dir = DataDir.open(folder)) {
      dir.openLog(4096, Runnable::run).close();
    }
    Files.delete(folder.resolve(StableSlots.NAME));
    assertThatThrownBy(() -> DataDir.open(folder).close())
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("has lost its identity, but holds data in log");
  }

  @Test
  void folderThatLostAllButThatItWasStartedIsRefused() throws IOException {
    try (DataDir dir = DataDir.open(folder)) {
      dir.claim(IDENTITY);
      dir.markStarted();
    }
    Files.delete(folder.resolve(StableSlots.NAME));
    assertThatThrownBy(() -> DataDir.open(folder).close())
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("has lost its identity, but holds STARTED");
  }
}
