package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.node.RaftNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data dirs that have lost something: a member must not start on them under its old id. */
final class StoresTest {
  private static final SnapshotMeta FIRST =
      new SnapshotMeta(new EntryId(1, 1), Configuration.EMPTY);

  @TempDir Path folder;
  private ServerConfig config;

  @BeforeEach
  void makeMemberWithSnapshot() throws StartException, IOException {
    config =
        ServerConfig.of(
            Settings.read(
                Flags.parse(
                        "--data-dir=" + folder.resolve("data"),
                        "--segment-bytes=1MiB",
                        "--initial-cluster=n1=127.0.0.1:7401")
                    .values(),
                Map.of()));
    try (Stores stores = Stores.open(config, StoresTest::unexpected)) {
      RaftNode.bootstrap(stores.log(), stores.snapshots(), config.initialCluster().configuration());
      stores.markStarted();
      makeSnapshot(stores.snapshots());
    }
  }

  private static void makeSnapshot(SnapshotStore snapshots) throws IOException {
    try (SnapshotStore.Sink sink = snapshots.create(FIRST)) {
      sink.stream().write(new byte[1000]);
      sink.commit();
    }
  }

  private List<Path> files(String subfolder) throws IOException {
    try (Stream<Path> files = Files.list(config.dataDir().resolve(subfolder))) {
      return files.sorted().toList();
    }
  }

  private String refusal() {
    StartException refused =
        catchThrowableOfType(
            StartException.class, () -> Stores.open(config, StoresTest::unexpected).close());
    assertThat(refused).isNotNull();
    assertThat(refused.exitCode()).isEqualTo(ExitCode.DATA_DIR);
    assertThat(refused.damage()).isPresent();
    assertThat(refused.getMessage()).doesNotContain("\n");
    return refused.getMessage();
  }

  @Test
  void memberThatLostItsLogIsRefusedAlthoughASnapshotIsThere() throws IOException {
    for (Path file : files("log")) {
      Files.delete(file);
    }

    assertThat(refusal()).contains("has lost its log").contains("leave the member stopped");
    // And again: the refusal has not made a new log.
    assertThat(refusal()).contains("has lost its log");
  }

  @Test
  void memberWhoseLogFolderIsGoneIsRefused() throws IOException {
    for (Path file : files("log")) {
      Files.delete(file);
    }
    Files.delete(config.dataDir().resolve("log"));

    assertThat(refusal()).contains("has lost its log");
  }

  @Test
  void damagedSnapshotThatTheLogNeedsIsNamed() throws StartException, IOException {
    try (Stores stores = Stores.open(config, StoresTest::unexpected)) {
      stores.log().compactTo(FIRST.last());
      stores.log().sync();
    }
    Path snapshot = files("snapshots").get(0);
    byte[] bytes = Files.readAllBytes(snapshot);
    bytes[bytes.length / 2] ^= 1;
    Files.write(snapshot, bytes);

    assertThat(refusal()).contains(snapshot.toString()).contains("starts after entry 1");
  }

  @Test
  void memberMayMoveButIsFoundedWhereTheInitialClusterSays() throws StartException {
    Stores.open(moved("data"), StoresTest::unexpected).close();

    assertThatThrownBy(() -> Stores.open(moved("new"), StoresTest::unexpected))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("--peer-advertise 127.0.0.1:7409 differs from n1=127.0.0.1:7401");
  }

  private ServerConfig moved(String dataDir) throws StartException {
    return ServerConfig.of(
        Settings.read(
            Flags.parse(
                    "--data-dir=" + folder.resolve(dataDir),
                    "--segment-bytes=1MiB",
                    "--initial-cluster=n1=127.0.0.1:7401",
                    "--peer-advertise=127.0.0.1:7409")
                .values(),
            Map.of()));
  }

  @Test
  void intactMemberStartsAgain() throws StartException {
    try (Stores stores = Stores.open(config, StoresTest::unexpected)) {
      assertThat(stores.log().lastIndex()).isEqualTo(1);
      assertThat(stores.snapshots().latest()).contains(FIRST);
    }
  }

  @Test
  void failedNoteOfTheLogsEndIsTold() {
    List<Throwable> told = new ArrayList<>();
    UncheckedIOException failure = new UncheckedIOException(new IOException("broken"));

    Stores.attempt(() -> {}, told::add);
    Stores.attempt(
        () -> {
          throw failure;
        },
        told::add);

    assertThat(told).containsExactly(failure);
  }

  /** A disk that does not fail is told nothing about. */
  static void unexpected(Throwable cause) {
    throw new AssertionError("the disk failed", cause);
  }
}
