package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.kv.Commands;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.Member.Standing;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.SegmentedLog;
import io.raftkv.storage.SnapshotFiles;
import io.raftkv.transport.GrpcTransport;
import io.raftkv.transport.TransportOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code kvd recover} on folders whose other members are not there, or some of them are. */
@Timeout(120)
final class RecoverCommandTest {
  private static final long CLUSTER = 7;
  private static final MemberId SELF = new MemberId(1);

  /** Nobody listens there. */
  private static final int DEAD_PORT = 1;

  @TempDir Path temporary;
  private Path folder;
  private final List<GrpcTransport> others = new ArrayList<>();
  private String out = "";
  private String err = "";

  @BeforeEach
  void chooseFolder() {
    folder = temporary.resolve("data");
  }

  @AfterEach
  void stopOthers() {
    others.forEach(GrpcTransport::close);
  }

  private static Member member(long id, int port, Standing standing) {
    return new Member(new MemberId(id), "n" + id, "127.0.0.1:" + port, standing, MemberId.NONE);
  }

  private static Member voter(long id, int port) {
    return member(id, port, Standing.VOTER);
  }

  private static Configuration three() {
    return Configuration.of(List.of(voter(1, DEAD_PORT), voter(2, DEAD_PORT), voter(3, DEAD_PORT)));
  }

  /** Somebody at the peer port of a member of that cluster. Returns the port. */
  private int listen(long cluster, long id) throws IOException {
    GrpcTransport transport =
        GrpcTransport.bind(
            TransportOptions.of(cluster, new MemberId(id), "127.0.0.1", 0, "127.0.0.1:1"));
    others.add(transport);
    return transport.port();
  }

  /** This member's log: configurations at their places, puts everywhere else, in term 3. */
  private void makeMember(int entries, TreeMap<Integer, Configuration> configurations) {
    List<LogEntry> log = new ArrayList<>();
    for (int index = 1; index <= entries; index++) {
      Configuration configuration = configurations.get(index);
      log.add(
          configuration == null
              ? new LogEntry(index, 3, LogEntry.Kind.COMMAND, 1_000 + index, put(index))
              : new LogEntry(index, 3, LogEntry.Kind.CONFIGURATION, 0, configuration.encode()));
    }
    try (DataDir dataDir = DataDir.open(folder)) {
      dataDir.claim(new Identity(CLUSTER, SELF));
      try (SegmentedLog store = dataDir.openLog(4096, Runnable::run)) {
        store.saveHardState(new HardState(4, new MemberId(2)));
        for (LogEntry entry : log) {
          store.append(List.of(entry));
          store.sync();
        }
      }
    }
  }

  private void makeMember(Configuration configuration) {
    makeMember(40, new TreeMap<>(java.util.Map.of(1, configuration)));
  }

  private static byte[] put(int index) {
    return Commands.put(
        ("key" + index).getBytes(StandardCharsets.UTF_8),
        ("value" + index).getBytes(StandardCharsets.UTF_8));
  }

  private ExitCode recover(String... more) {
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    List<String> all = new ArrayList<>(List.of("recover", "--data-dir=" + folder));
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

  private void assertRefused(String... causes) throws StartException {
    assertThat(recover("--yes")).isEqualTo(ExitCode.WRONG_CONFIGURATION);
    assertThat(err).startsWith("kvd: ").contains(causes).hasLineCount(1);
    assertThat(state().identity()).isEqualTo(new Identity(CLUSTER, SELF));
  }

  /** Names and sizes of all that matters; the lock names whoever held it last. */
  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<String> names = new ArrayList<>();
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        if (!file.endsWith("LOCK")) {
          names.add(
              folder.relativize(file) + " " + java.util.Arrays.hashCode(Files.readAllBytes(file)));
        }
      }
      return names;
    }
  }

  @Test
  void withoutYesItTellsAndChangesNothing() throws Exception {
    makeMember(three());
    List<String> before = files();

    assertThat(recover()).isEqualTo(ExitCode.OK);

    assertThat(err).isEmpty();
    assertThat(out)
        .contains("n1, member 0000000000000001 of cluster 0000000000000007")
        .contains("term 4; the last entry is 40/3")
        .contains("entries 1 to 40 may or may not have been committed")
        .contains("n2 at 127.0.0.1:1 does not answer")
        .contains("Lost for good is every write that others acknowledged")
        .contains("Nothing was changed. To do it: kvd recover --data-dir " + folder + " --yes");
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void theOnlyVoterOfAnotherClusterHasEverything() throws Exception {
    makeMember(three());
    StoppedState before = state();

    assertThat(recover("--yes")).as(err).isEqualTo(ExitCode.OK);

    StoppedState after = state();
    assertThat(after.identity().memberId()).isEqualTo(SELF);
    assertThat(after.identity().clusterId()).isNotEqualTo(CLUSTER);
    Configuration alone = after.membership().configuration();
    assertThat(alone.members()).containsExactly(voter(1, DEAD_PORT));
    assertThat(alone.isJoint()).isFalse();
    assertThat(alone.removed()).containsExactly(new MemberId(2), new MemberId(3));
    assertThat(after.last()).isEqualTo(new EntryId(40, 3));
    assertThat(after.snapshot()).isEqualTo(new EntryId(40, 3));
    // Above what the old cluster knew, and no promise to anybody.
    assertThat(after.hardState()).isEqualTo(new HardState(1_004, MemberId.NONE));
    assertThat(after.store().view().keys()).isEqualTo(39);
    long revision = before.store().view().revision();
    assertThat(after.store().view().contentHash(revision))
        .isEqualTo(before.store().view().contentHash(revision));
    assertThat(after.store().stateHash()).isEqualTo(before.store().stateHash());
    assertThat(after.store().view().revision()).isGreaterThan(revision + 1_000_000);
    assertThat(folder.resolve("before-recovery/log.old")).isDirectory();
    assertThat(folder.resolve("recovering")).doesNotExist();
  }

  @Test
  void aRecoveredFolderKnowsOfWhichClusterItWasAndCanBeRecoveredAgain() throws Exception {
    makeMember(three());
    assertThat(recover("--yes")).isEqualTo(ExitCode.OK);
    long second = state().identity().clusterId();
    // Somebody joined, and is gone.
    try (DataDir dataDir = DataDir.open(folder);
        SegmentedLog log = dataDir.openLog(4096, Runnable::run)) {
      Configuration two = Configuration.of(List.of(voter(1, DEAD_PORT), voter(9, DEAD_PORT)));
      log.append(List.of(new LogEntry(41, 1_005, LogEntry.Kind.CONFIGURATION, 0, two.encode())));
      log.sync();
    }

    assertThat(recover("--yes")).as(err).isEqualTo(ExitCode.OK);

    assertThat(folder.resolve("before-recovery-2/log.old")).isDirectory();
    assertThat(state().hardState().term()).isEqualTo(2_005);
    try (DataDir dataDir = DataDir.lookAt(folder)) {
      assertThat(DataDir.wasOf(folder, CLUSTER)).isTrue();
      assertThat(DataDir.wasOf(folder, second)).isTrue();
      assertThat(DataDir.wasOf(folder, state(dataDir))).isFalse();
    }
  }

  private static long state(DataDir dataDir) {
    return dataDir.identity().orElseThrow().clusterId();
  }

  @Test
  void theNewestConfigurationCountsCommittedOrNotAndJointOnesEnd() throws Exception {
    Configuration joint =
        new Configuration(
            List.of(voter(1, DEAD_PORT), voter(4, DEAD_PORT), voter(5, DEAD_PORT)),
            List.of(SELF, new MemberId(2), new MemberId(3)));
    makeMember(40, new TreeMap<>(java.util.Map.of(1, three(), 40, joint)));

    assertThat(recover("--yes")).as(err).isEqualTo(ExitCode.OK);

    // Who is being left is asked, too: its address stands in the configuration before.
    assertThat(out).contains("members as of entry 40, perhaps not committed", "n3 at 127.0.0.1:1");
    Configuration alone = state().membership().configuration();
    assertThat(alone.voters()).containsExactly(SELF);
    assertThat(alone.removed())
        .extracting(MemberId::value)
        .containsExactlyInAnyOrder(2L, 3L, 4L, 5L);
  }

  @Test
  void aVoterThatIsBeingLeftMayBeTheLastOneWithTheData() throws Exception {
    Configuration joint =
        new Configuration(
            List.of(voter(2, DEAD_PORT), voter(3, DEAD_PORT), voter(4, DEAD_PORT)),
            List.of(SELF, new MemberId(2), new MemberId(3)));
    makeMember(40, new TreeMap<>(java.util.Map.of(1, three(), 40, joint)));

    assertThat(recover("--yes")).as(err).isEqualTo(ExitCode.OK);

    assertThat(state().membership().configuration().members()).containsExactly(voter(1, DEAD_PORT));
  }

  @Test
  void oneOfTwoOthersThatAnswersMakesAMajorityAndForbidsIt() throws Exception {
    int alive = listen(CLUSTER, 2);
    makeMember(
        Configuration.of(List.of(voter(1, DEAD_PORT), voter(2, alive), voter(3, DEAD_PORT))));

    assertRefused("n2 answers", "that is a majority: start n1 instead");

    assertThat(out).contains("n2 at 127.0.0.1:" + alive + " is starting");
  }

  @Test
  void bothMajoritiesOfAJointConfigurationHaveToBeThere() throws Exception {
    int alive = listen(CLUSTER, 2);
    Configuration joint =
        new Configuration(
            List.of(voter(1, DEAD_PORT), voter(2, alive), voter(3, DEAD_PORT)),
            List.of(SELF, new MemberId(4), new MemberId(5)));
    makeMember(joint);

    // Enough of the new ones, and too few of the old ones.
    assertThat(recover("--yes")).as(err).isEqualTo(ExitCode.OK);
  }

  @Test
  void someoneElseAtTheAddressIsNoMember() throws Exception {
    int ofAnotherCluster = listen(CLUSTER + 1, 2);
    int anotherMember = listen(CLUSTER, 8);
    others.forEach(transport -> transport.start(new NobodyListens()));
    makeMember(
        Configuration.of(
            List.of(voter(1, DEAD_PORT), voter(2, ofAnotherCluster), voter(3, anotherMember))));

    assertThat(recover("--yes")).as(err).isEqualTo(ExitCode.OK);

    assertThat(out).contains("is not there, but another: this member is of another cluster");
    assertThat(out).contains("is not there, but another: this member is 0000000000000008");
  }

  @Test
  void aMinorityThatAnswersIsToldAndDoesNotForbidIt() throws Exception {
    int alive = listen(CLUSTER, 2);
    others.get(0).start(new NobodyListens());
    makeMember(
        Configuration.of(
            List.of(
                voter(1, DEAD_PORT),
                voter(2, alive),
                voter(3, DEAD_PORT),
                voter(4, DEAD_PORT),
                voter(5, DEAD_PORT))));

    assertThat(recover()).as(err).isEqualTo(ExitCode.OK);

    assertThat(out).contains("n2 at 127.0.0.1:" + alive + " answers", "stop it for good before");
  }

  @Test
  void aLearnerOrARemovedMemberIsRefusedAndToldWhoCanBe() throws Exception {
    makeMember(
        Configuration.of(List.of(member(1, DEAD_PORT, Standing.JOINING), voter(2, DEAD_PORT))));
    assertRefused("this member is a learner", "recover one that votes (n2)");

    folder = temporary.resolve("removed");
    Configuration without =
        new Configuration(
            List.of(voter(2, DEAD_PORT), voter(3, DEAD_PORT)), List.of(), List.of(SELF));
    makeMember(40, new TreeMap<>(java.util.Map.of(1, three(), 20, without)));
    assertRefused("this member was removed", "recover one that votes (n2, n3)");
  }

  @Test
  void whoNeedsNobodyElseIsRefused() throws Exception {
    makeMember(Configuration.of(List.of(voter(1, DEAD_PORT))));

    assertRefused("n1 is the only voter and needs nobody else: start it");
  }

  @Test
  void damageAndALockAreRefusedWithOneLine() throws Exception {
    makeMember(three());
    try (DataDir inUse = DataDir.open(folder)) {
      assertThat(inUse.identity()).isPresent();
      assertThat(recover("--yes")).isEqualTo(ExitCode.DATA_DIR);
      assertThat(err).contains("is locked by process").hasLineCount(1);
    }
    Path segment;
    try (Stream<Path> files = Files.list(folder.resolve("log"))) {
      segment =
          files.filter(file -> file.toString().endsWith(".seg")).sorted().findFirst().orElseThrow();
    }
    try (RandomAccessFile bytes = new RandomAccessFile(segment.toFile(), "rw")) {
      bytes.seek(1_000);
      int old = bytes.read();
      bytes.seek(1_000);
      bytes.write(old ^ 1);
    }
    List<String> before = files();

    assertThat(recover("--yes")).isEqualTo(ExitCode.DATA_DIR);

    assertThat(err).startsWith("kvd: " + segment).hasLineCount(1);
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void damagedNewestSnapshotIsRefusedIfTheLogDoesNotReachBack() throws Exception {
    makeMember(three());
    assertThat(recover("--yes")).isEqualTo(ExitCode.OK);
    Path snapshot;
    try (Stream<Path> files = Files.list(folder.resolve("snapshots"))) {
      snapshot = files.findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(snapshot);
    bytes[bytes.length / 2] ^= 1;
    Files.write(snapshot, bytes);

    assertThat(recover("--yes")).isEqualTo(ExitCode.DATA_DIR);

    assertThat(err).contains("the log starts after entry 40", snapshot.toString()).hasLineCount(1);
  }

  /** Every place at which a crash can interrupt the exchange of the old data and the new. */
  @Test
  void aRecoveryCutShortIsCompletedByTheNextOneAndNothingElseTouchesIt() throws Exception {
    String[] parts = {"identity", "log", "snapshots", "FORMER"};
    int stepsMax = 2 * parts.length - 1;
    for (int steps = 0; steps <= stepsMax; steps++) {
      folder = temporary.resolve("crash" + steps);
      makeMember(three());
      assertThat(recover("--yes")).isEqualTo(ExitCode.OK);
      long cluster = state().identity().clusterId();
      undo(parts, stepsMax - steps);

      assertThat(run("log", "verify")).isEqualTo(ExitCode.DATA_DIR);
      assertThat(err).contains("is half recovered: complete it with kvd recover").hasLineCount(1);
      assertThat(recover()).isEqualTo(ExitCode.DATA_DIR);
      assertThat(recover("--yes")).as(err).isEqualTo(ExitCode.OK);

      assertThat(out).contains("is complete");
      assertThat(state().identity().clusterId()).isEqualTo(cluster);
      assertThat(state().store().view().keys()).isEqualTo(39);
      assertThat(folder.resolve("before-recovery/identity.old")).isRegularFile();
    }
  }

  /** Takes the last steps of a complete exchange back. There was no FORMER before. */
  private void undo(String[] parts, int count) throws IOException {
    Path made = folder.resolve("recovered");
    Files.move(folder.resolve("before-recovery"), made);
    int left = count;
    for (int i = parts.length - 1; i >= 0 && left > 0; i--) {
      Files.move(folder.resolve(parts[i]), made.resolve(parts[i]));
      left--;
      Path old = made.resolve(parts[i] + ".old");
      if (left > 0 && Files.exists(old)) {
        Files.move(old, folder.resolve(parts[i]));
        left--;
      }
    }
  }

  private ExitCode run(String... arguments) {
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--data-dir=" + folder);
    ExitCode code =
        StoppedMember.run(
            new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8),
            all.toArray(String[]::new));
    err = errBytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  @Test
  void whatWasLeftHalfMadeIsMadeAnew() throws Exception {
    makeMember(three());
    Files.createDirectories(folder.resolve("recovering/log"));
    Files.writeString(folder.resolve("recovering/log/junk"), "half");

    assertThat(run("log", "verify")).isEqualTo(ExitCode.OK);
    assertThat(recover("--yes")).as(err).isEqualTo(ExitCode.OK);

    assertThat(state().store().view().keys()).isEqualTo(39);
    assertThat(folder.resolve("recovering")).doesNotExist();
  }

  @Test
  void snapshotsOfTheNewClusterAreSentOnAsTheyStand() throws Exception {
    makeMember(three());
    assertThat(recover("--yes")).isEqualTo(ExitCode.OK);

    try (DataDir dataDir = DataDir.open(folder);
        SnapshotFiles snapshots = dataDir.openSnapshots()) {
      assertThat(snapshots.damaged()).isEmpty();
      assertThat(snapshots.all())
          .singleElement()
          .satisfies(meta -> assertThat(meta.configuration().voters()).containsExactly(SELF));
    }
  }
}
