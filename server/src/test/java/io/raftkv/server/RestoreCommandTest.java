package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.kv.Commands;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.storage.BackupFile;
import io.raftkv.storage.DataDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code kvd restore} of backups, whole and damaged. */
@Timeout(120)
final class RestoreCommandTest {
  private static final long CLUSTER = 7;
  private static final int KEYS = 39;

  @TempDir Path temporary;
  private Path backup;
  private Path folder;
  private String out = "";
  private String err = "";

  @BeforeEach
  void save() throws IOException {
    backup = temporary.resolve("all.backup");
    folder = temporary.resolve("data");
    KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
    for (int i = 1; i <= KEYS; i++) {
      byte[] put = Commands.put(bytes("key" + i), bytes("value" + i));
      store.apply(List.of(new LogEntry(i, 3, LogEntry.Kind.COMMAND, 1_000 + i, put)));
    }
    Configuration three = Configuration.of(List.of(voter(1, "n1"), voter(2, "n2"), voter(3, "n3")));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BackupFile.write(
        CLUSTER, new SnapshotMeta(new EntryId(KEYS, 3), three), store.view(), bytes::writeBytes);
    Files.write(backup, bytes.toByteArray());
  }

  private static Member voter(long id, String name) {
    return new Member(new MemberId(id), name, "127.0.0.1:1", true);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private ExitCode restore(String... more) {
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    List<String> all =
        new ArrayList<>(List.of("restore", backup.toString(), "--data-dir=" + folder));
    all.addAll(List.of(more));
    ExitCode code =
        StoppedMember.run(
            new PrintStream(outBytes, false, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8),
            all.toArray(String[]::new));
    out = outBytes.toString(StandardCharsets.UTF_8);
    err = errBytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  private StoppedState state() throws StartException {
    try (DataDir dataDir = DataDir.lookAt(folder)) {
      return new StoppedState(dataDir);
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  private void assertNothingWasMade() throws IOException {
    assertThat(err).startsWith("kvd: ").hasLineCount(1);
    assertThat(names()).containsExactly("all.backup");
  }

  @Test
  void theOnlyMemberOfANewClusterHasEverything() throws Exception {
    assertThat(restore("--name=m1", "--peer-listen=127.0.0.1:7999")).as(err).isEqualTo(ExitCode.OK);

    StoppedState state = state();
    assertThat(state.identity().clusterId()).isNotIn(0L, CLUSTER);
    assertThat(state.membership().configuration().members())
        .containsExactly(new Member(state.identity().memberId(), "m1", "127.0.0.1:7999", true));
    assertThat(state.last()).isEqualTo(new EntryId(KEYS, 3));
    assertThat(state.snapshot()).isEqualTo(new EntryId(KEYS, 3));
    assertThat(state.hardState()).isEqualTo(new HardState(1_003, MemberId.NONE));
    assertThat(state.store().view().keys()).isEqualTo(KEYS);
    assertThat(state.store().view().revision()).isEqualTo(KEYS + LoneCluster.NUMBERS_SKIPPED);
    assertThat(state.store().view().get(bytes("key5"), 10)).isPresent();
    assertThat(out)
        .contains("cluster 0000000000000007 at entry 39/3, revision 39, 39 keys, 0 sessions")
        .contains("go on 1000000000 further up");
    assertThat(names()).containsExactly("all.backup", "data");
    assertThat(
            OpenedMember.open(
                    folder, List.of("--name=m1", "--data-dir=" + folder, "--peer-listen=[::1]:1"))
                .refusal())
        .isEqualTo(Optional.empty());
  }

  @Test
  void clustersMadeOfOneBackupAreStrangers() throws Exception {
    assertThat(restore()).isEqualTo(ExitCode.OK);
    long first = state().identity().clusterId();
    folder = temporary.resolve("again");
    assertThat(restore()).isEqualTo(ExitCode.OK);

    assertThat(state().identity().clusterId()).isNotEqualTo(first);
  }

  @Test
  void anEmptyFolderWillDoAndAnyOtherIsLeftAlone() throws Exception {
    Files.createDirectory(folder);
    assertThat(restore()).as(err).isEqualTo(ExitCode.OK);
    long cluster = state().identity().clusterId();

    assertThat(restore()).isEqualTo(ExitCode.DATA_DIR);

    assertThat(err).contains("data directory " + folder + " is not empty").hasLineCount(1);
    assertThat(state().identity().clusterId()).isEqualTo(cluster);
    assertThat(names()).containsExactly("all.backup", "data");
  }

  @Test
  void whatACrashLeftIsMadeAnew() throws Exception {
    Path leftover = Files.createDirectories(temporary.resolve(".data.making/log"));
    Files.writeString(leftover.resolve("junk"), "half");

    assertThat(restore()).as(err).isEqualTo(ExitCode.OK);

    assertThat(names()).containsExactly("all.backup", "data");
    assertThat(state().store().view().keys()).isEqualTo(KEYS);
  }

  @Test
  void damageAnywhereIsFoundAndNothingIsMade() throws Exception {
    byte[] whole = Files.readAllBytes(backup);
    for (int at = 8; at < whole.length; at += 97) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 4;
      Files.write(backup, damaged);
      assertThat(restore()).as("byte %d", at).isEqualTo(ExitCode.DATA_DIR);
      assertThat(err).contains("backup " + backup);
      assertNothingWasMade();
    }
    for (int length : new int[] {20, 100, whole.length / 2, whole.length - 1}) {
      Files.write(backup, Arrays.copyOf(whole, length));
      assertThat(restore()).as("%d bytes", length).isEqualTo(ExitCode.DATA_DIR);
      assertNothingWasMade();
    }
    Files.write(backup, Arrays.copyOf(whole, whole.length + 1));
    assertThat(restore()).isEqualTo(ExitCode.DATA_DIR);
    assertNothingWasMade();
  }

  @Test
  void whatIsNoBackupAndWrongArgumentsAreRefused() throws Exception {
    Files.writeString(backup, "{\"key\":\"a\",\"value\":\"1\"}");
    assertThat(restore()).isEqualTo(ExitCode.WRONG_CONFIGURATION);
    assertThat(err).contains("is no backup of raftkv");
    assertNothingWasMade();
    assertThat(restore("--name=a b")).isEqualTo(ExitCode.WRONG_CONFIGURATION);
    assertThat(restore("--peer-listen=here")).isEqualTo(ExitCode.WRONG_CONFIGURATION);
    assertThat(restore("--peer-listen=0.0.0.0:1")).isEqualTo(ExitCode.WRONG_CONFIGURATION);
    assertThat(err).contains("--peer-advertise is needed").hasLineCount(1);
    backup = temporary.resolve("nowhere");
    assertThat(restore()).isEqualTo(ExitCode.WRONG_CONFIGURATION);
    assertThat(err).contains("nowhere does not exist").hasLineCount(1);
    backup = temporary;
    assertThat(restore()).isEqualTo(ExitCode.WRONG_CONFIGURATION);
    assertThat(err).contains("is not a file").hasLineCount(1);
  }
}
