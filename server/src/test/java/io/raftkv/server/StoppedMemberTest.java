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
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.SegmentedLog;
import io.raftkv.storage.SnapshotFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kvd log} and {@code kvd snapshot} tell what is in a folder, and leave it as it is. */
final class StoppedMemberTest {
  private static final Identity OWNER = new Identity(7, new MemberId(1));
  private static final Configuration ALONE =
      Configuration.of(List.of(new Member(new MemberId(1), "n1", "127.0.0.1:7401", true)));

  @TempDir Path temporary;
  private Path folder;
  private String out = "";
  private String err = "";

  /** A configuration, a no-op and 40 puts, the last one of bytes that are no text; a snapshot. */
  @BeforeEach
  void makeMember() throws IOException {
    folder = temporary.resolve("data");
    try (DataDir dataDir = DataDir.open(folder)) {
      dataDir.claim(OWNER);
      KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
      List<LogEntry> entries = entries();
      store.apply(entries);
      try (SegmentedLog log = dataDir.openLog(4096, Runnable::run)) {
        log.saveHardState(new HardState(3, new MemberId(1)));
        for (LogEntry entry : entries) {
          log.append(List.of(entry));
          log.sync();
        }
      }
      LogEntry last = entries.get(entries.size() - 1);
      try (SnapshotFiles snapshots = dataDir.openSnapshots();
          SnapshotStore.Sink sink =
              snapshots.create(new SnapshotMeta(new EntryId(last.index(), last.term()), ALONE))) {
        store.freeze().writeTo(sink.stream());
        sink.commit();
      }
    }
  }

  private static List<LogEntry> entries() {
    List<LogEntry> entries = new ArrayList<>();
    entries.add(new LogEntry(1, 1, LogEntry.Kind.CONFIGURATION, 0, ALONE.encode()));
    entries.add(new LogEntry(2, 3, LogEntry.Kind.NO_OP, 0, new byte[0]));
    for (int i = 1; i < 40; i++) {
      entries.add(
          put(i + 2, "key" + i, ("value " + i).repeat(10).getBytes(StandardCharsets.UTF_8)));
    }
    entries.add(put(42, "raw\u007f", new byte[] {(byte) 0xff, 0}));
    return entries;
  }

  private static LogEntry put(long index, String key, byte[] value) {
    byte[] command = Commands.put(key.getBytes(StandardCharsets.UTF_8), value);
    return new LogEntry(index, 3, LogEntry.Kind.COMMAND, 1000 + index, command);
  }

  private ExitCode run(String... arguments) {
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--data-dir=" + folder);
    ExitCode code =
        StoppedMember.run(
            new PrintStream(outBytes, false, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8),
            all.toArray(String[]::new));
    out = outBytes.toString(StandardCharsets.UTF_8);
    err = errBytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  /** Names and contents of all that matters; the lock names whoever held it last. */
  private TreeMap<String, String> contents() throws IOException {
    TreeMap<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.endsWith("LOCK")) {
          String name = folder.relativize(file).toString();
          contents.put(name, checksum(file));
        }
      }
    }
    return contents;
  }

  private static String checksum(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(Files.readAllBytes(file));
    return Files.size(file) + " bytes, " + Long.toHexString(crc.getValue());
  }

  private Path newest(String subfolder, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(subfolder))) {
      return files
          .filter(file -> file.toString().endsWith(suffix))
          .sorted()
          .reduce((older, newer) -> newer)
          .orElseThrow();
    }
  }

  private static void flip(Path file, long offset) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(offset);
      int old = bytes.read();
      bytes.seek(offset);
      bytes.write(old ^ 1);
    }
  }

  @Test
  void soundLogIsVerified() {
    assertThat(run("log", "verify")).isEqualTo(ExitCode.OK);

    assertThat(out.lines().count()).isGreaterThan(2);
    assertThat(out)
        .endsWith("ok: 42 entries after 0/0 up to 42; term 3, voted for 0000000000000001\n");
    assertThat(err).isEmpty();
  }

  @Test
  void dumpOfTheLogShowsEachEntry() {
    assertThat(run("log", "dump")).isEqualTo(ExitCode.OK);

    List<String> lines = out.lines().toList();
    assertThat(lines).hasSize(42);
    assertThat(lines.get(0)).contains("\"type\":\"configuration\"", "\"name\":\"n1\"");
    assertThat(lines.get(1))
        .isEqualTo("{\"index\":2,\"term\":3,\"cluster_time_millis\":0,\"type\":\"no-op\"}");
    assertThat(lines.get(2)).contains("\"index\":3,", "\"key\":\"key1\"", "\"value\":\"value 1");
    assertThat(lines.get(41)).contains("\"key\":\"raw\\u007f\"", "\"value_base64\":\"/wA=\"");
  }

  @Test
  void dumpOfTheLogTakesARange() {
    assertThat(run("log", "dump", "--from=5", "--to=6")).isEqualTo(ExitCode.OK);

    assertThat(out.lines()).hasSize(2);
    assertThat(out).startsWith("{\"index\":5,");
  }

  @Test
  void damageInTheLogIsFoundAndLeft() throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder.resolve("log"))) {
      file =
          files.filter(name -> name.toString().endsWith(".seg")).sorted().findFirst().orElseThrow();
    }
    flip(file, 1000);
    TreeMap<String, String> before = contents();

    assertThat(run("log", "verify")).isEqualTo(ExitCode.DATA_DIR);

    assertThat(err).startsWith("kvd: " + file).hasLineCount(1);
    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void tornEndIsToldAndLeft() throws IOException {
    Path file = newest("log", ".seg");
    byte[] bytes = Files.readAllBytes(file);
    int end = bytes.length;
    while (bytes[end - 1] == 0) {
      end--;
    }
    // What the next write may leave when the power goes.
    bytes[(end + 63) / 8 * 8] = 1;
    Files.write(file, bytes);
    TreeMap<String, String> before = contents();

    assertThat(run("log", "verify")).isEqualTo(ExitCode.OK);

    assertThat(out).contains("at the end are of a write that a crash cut short");
    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void soundSnapshotIsVerifiedAndDumpedAsImportReadsIt() throws IOException {
    TreeMap<String, String> before = contents();

    assertThat(run("snapshot", "verify")).isEqualTo(ExitCode.OK);
    assertThat(out).startsWith("ok: snapshot at 42/3, revision 40, 40 keys, state hash ");
    assertThat(run("snapshot", "dump")).isEqualTo(ExitCode.OK);
    assertThat(out.lines()).hasSize(40);
    assertThat(out).startsWith("{\"key\":\"key1\",\"value\":\"value 1");
    assertThat(out).endsWith("{\"key\":\"raw\\u007f\",\"value_base64\":\"/wA=\"}\n");

    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void damagedSnapshotIsFound() throws IOException {
    Path file = newest("snapshots", ".snap");
    for (long offset : List.of(9L, Files.size(file) / 2, Files.size(file) - 1)) {
      flip(file, offset);

      assertThat(run("snapshot", "verify")).as("flip at " + offset).isEqualTo(ExitCode.DATA_DIR);
      assertThat(err).startsWith("kvd: " + file).hasLineCount(1);
      assertThat(run("snapshot", "dump")).isEqualTo(ExitCode.DATA_DIR);

      flip(file, offset);
    }
  }

  @Test
  void folderInUseIsRefused() {
    try (DataDir inUse = DataDir.open(folder)) {
      assertThat(inUse.identity()).contains(OWNER);
      assertThat(run("log", "verify")).isEqualTo(ExitCode.DATA_DIR);
      assertThat(err).contains("is locked by process");
    }
  }

  @Test
  void folderThatHoldsNoMemberIsRefusedAndNotMade() {
    folder = temporary.resolve("none");

    assertThat(run("snapshot", "verify")).isEqualTo(ExitCode.DATA_DIR);

    assertThat(err).contains("holds no member");
    assertThat(folder).doesNotExist();
  }

  @Test
  void wrongUsageIsOneLine() {
    for (List<String> wrong :
        List.of(List.of("log"), List.of("log", "mend"), List.of("snapshot", "dump", "--index=x"))) {
      assertThat(run(wrong.toArray(String[]::new))).isEqualTo(ExitCode.WRONG_CONFIGURATION);
      assertThat(err).startsWith("kvd: ").hasLineCount(1);
    }
  }

  @Test
  void aFolderThatLostAPartIsToldAndNotMended() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("snapshots"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }

    assertThat(run("snapshot", "verify")).isEqualTo(ExitCode.DATA_DIR);

    assertThat(err).contains("has lost snapshots");
    assertThat(folder.resolve("snapshots")).doesNotExist();
  }
}
