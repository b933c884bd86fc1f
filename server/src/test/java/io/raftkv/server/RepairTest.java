package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.raftkv.proto.v1.MemberRole;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.raft.node.RaftNode;
import io.raftkv.server.ClusterCalls.RefusedException;
import io.raftkv.storage.DamagedDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a damaged member becomes a new one, when it does not, and where it may be interrupted. */
final class RepairTest {
  private static final String INITIAL =
      "--initial-cluster=n1=127.0.0.1:7401,n2=127.0.0.1:7411,n3=127.0.0.1:7421";

  @TempDir Path folder;
  private ServerConfig config;
  private Identity old;
  private FakeCluster cluster;

  @BeforeEach
  void makeMember() throws StartException, IOException {
    config = config(INITIAL);
    old = config.initialCluster().identity("n1");
    try (Stores stores = Stores.open(config, StoresTest::unexpected)) {
      RaftNode.bootstrap(stores.log(), stores.snapshots(), config.initialCluster().configuration());
      stores.markStarted();
    }
    cluster = new FakeCluster(old.clusterId());
    for (String name : List.of("n1", "n2", "n3")) {
      cluster.members.add(
          FakeCluster.member(
              config.initialCluster().identity(name).memberId().value(),
              name,
              String.valueOf(config.initialCluster().peerAddresses().get(name)),
              MemberRole.FOLLOWER));
    }
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private ServerConfig config(String... flags) throws StartException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--data-dir=" + folder.resolve("data"),
                "--segment-bytes=1MiB",
                "--advertise=127.0.0.1:7400"));
    all.addAll(List.of(flags));
    return ServerConfig.of(
        Settings.read(Flags.parse(all.toArray(String[]::new)).values(), Map.of()));
  }

  /** As the member noted it when it ran. */
  private void noteClusterAsPeer() throws IOException {
    Files.writeString(config.dataDir().resolve("peers"), "n2 " + cluster.address() + "\n");
  }

  private void loseLog() throws IOException {
    try (Stream<Path> files = Files.list(config.dataDir().resolve("log"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  private void loseIdentity() throws IOException {
    Files.write(config.dataDir().resolve("identity"), new byte[8192]);
  }

  private StartException damage() {
    StartException damage =
        catchThrowableOfType(
            StartException.class, () -> Stores.open(config, StoresTest::unexpected).close());
    assertThat(damage).isNotNull();
    assertThat(damage.damage()).isPresent();
    return damage;
  }

  private Path repair() throws StartException {
    return Repair.run(config, damage());
  }

  private String refusal() throws IOException {
    TreeMap<String, Long> before = contents();
    StartException refused = catchThrowableOfType(StartException.class, this::repair);
    assertThat(refused).isNotNull();
    assertThat(refused.exitCode()).isEqualTo(ExitCode.DATA_DIR);
    assertThat(refused.getMessage()).doesNotContain("\n").contains("not repaired: ");
    assertThat(contents()).isEqualTo(before);
    return refused.getMessage();
  }

  private TreeMap<String, Long> contents() throws IOException {
    TreeMap<String, Long> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(config.dataDir())) {
      for (Path file : files.filter(path -> !path.endsWith("LOCK")).toList()) {
        contents.put(
            file.toString(),
            Files.isDirectory(file) ? 0 : Files.getLastModifiedTime(file).toMillis());
      }
    }
    return contents;
  }

  private MemberId place() {
    return new MemberId(
        cluster.members.stream()
            .filter(member -> member.getName().equals("n1"))
            .findFirst()
            .orElseThrow()
            .getId());
  }

  private void assertStartsAsTheNewMember() throws StartException {
    try (Stores stores = Stores.open(config, StoresTest::unexpected)) {
      assertThat(stores.identity()).isEqualTo(new Identity(old.clusterId(), place()));
      assertThat(stores.identity()).isNotEqualTo(old);
      assertThat(stores.log().lastIndex()).isZero();
    }
  }

  // --- when it becomes a new member --------------------------------------------------------------

  @Test
  void itBecomesANewMemberOfTheSameNameAndAddress() throws IOException, StartException {
    noteClusterAsPeer();
    loseLog();

    assertThat(repair()).isEqualTo(config.dataDir().resolve("damaged-1"));

    assertThat(cluster.removed).containsExactly(old.memberId().value());
    assertThat(cluster.asked).hasSize(1);
    assertThat(cluster.asked.get(0).getPeerAddress()).isEqualTo("127.0.0.1:7401");
    assertStartsAsTheNewMember();
    assertThat(config.dataDir().resolve("damaged-1/identity")).isNotEmptyFile();
  }

  @Test
  void whoWasNamedToJoinIsAskedFirst() throws IOException, StartException {
    config = config("--peer-advertise=127.0.0.1:7401", "--join=" + cluster.address());
    loseLog();

    repair();

    assertThat(cluster.removed).containsExactly(old.memberId().value());
  }

  @Test
  void withoutItsIdItIsFoundByNameAndAddress() throws IOException, StartException {
    noteClusterAsPeer();
    loseLog();
    loseIdentity();

    repair();

    assertThat(cluster.removed).containsExactly(old.memberId().value());
    assertStartsAsTheNewMember();
  }

  @Test
  void itWaitsUntilTheLeaderHasNoticedThatItIsDown() throws IOException, StartException {
    noteClusterAsPeer();
    loseLog();
    cluster.refusals.add(Status.FAILED_PRECONDITION.withDescription("UNSAFE_CHANGE: it answers"));
    cluster.refusals.add(Status.FAILED_PRECONDITION.withDescription("CHANGE_IN_PROGRESS: wait"));
    cluster.refusals.add(Status.UNAVAILABLE.withDescription("NO_LEADER: nobody leads"));

    repair();

    assertStartsAsTheNewMember();
  }

  @Test
  void whatAMemberKnowsThatHearsOfNoLeaderIsNotBelieved() throws IOException, StartException {
    noteClusterAsPeer();
    loseLog();
    cluster.outdated = 3;

    repair();

    assertStartsAsTheNewMember();
  }

  @Test
  void aLostAnswerIsAskedForAgainAndCostsNoSecondId() throws IOException, StartException {
    noteClusterAsPeer();
    loseLog();
    cluster.lost = 2;

    repair();

    assertThat(cluster.removed).containsExactly(old.memberId().value());
    assertStartsAsTheNewMember();
  }

  // --- when the process ends in the middle -------------------------------------------------------

  @Test
  void betweenTheAgreementAndTheFolderTheSameNewIdIsTaken()
      throws IOException, StartException, RefusedException {
    noteClusterAsPeer();
    loseLog();
    MemberId agreed =
        new StandIn(config, peers(), old.clusterId(), Optional.of(old.memberId())).ask().memberId();

    repair();

    assertThat(place()).isEqualTo(agreed);
    assertThat(cluster.removed).containsExactly(old.memberId().value());
    assertStartsAsTheNewMember();
  }

  /** The folder may be that of the new member already, which then has forgotten as well. */
  @Test
  void betweenTheAgreementAndTheFolderAnUnreadableIdCostsOneMore()
      throws IOException, StartException, RefusedException {
    noteClusterAsPeer();
    loseLog();
    loseIdentity();
    MemberId agreed =
        new StandIn(config, peers(), old.clusterId(), Optional.empty()).ask().memberId();

    repair();

    assertThat(cluster.removed).containsExactly(old.memberId().value(), agreed.value());
    assertStartsAsTheNewMember();
  }

  @Test
  void afterTheFolderPassedItStartsAsOneThatJoins() throws IOException, StartException {
    noteClusterAsPeer();
    loseLog();
    repair();

    for (int start = 0; start < 3; start++) {
      assertStartsAsTheNewMember();
    }
    assertThat(cluster.asked).hasSize(1);
  }

  @Test
  void damagedAgainItIsReplacedAgain() throws IOException, StartException {
    noteClusterAsPeer();
    loseLog();
    repair();
    MemberId first = place();
    try (Stores stores = Stores.open(config, StoresTest::unexpected)) {
      RaftNode.bootstrap(stores.log(), stores.snapshots(), config.initialCluster().configuration());
      stores.markStarted();
    }
    loseLog();

    assertThat(repair()).isEqualTo(config.dataDir().resolve("damaged-2"));

    assertThat(cluster.removed).containsExactly(old.memberId().value(), first.value());
    assertStartsAsTheNewMember();
  }

  private List<HostPort> peers() throws StartException {
    return List.of(HostPort.parse("test", cluster.address()));
  }

  // --- when it does not --------------------------------------------------------------------------

  @Test
  void aMemberThatKnowsNobodyElseStaysDown() throws IOException {
    loseLog();

    assertThat(refusal())
        .contains("has lost its log")
        .contains("no other member is known")
        .contains("name some with --join")
        .contains("restore the data directory from a copy");
  }

  @Test
  void itIsLeftAloneIfThatIsWanted() throws IOException, StartException {
    config = config(INITIAL, "--repair=off");
    noteClusterAsPeer();
    loseLog();

    assertThat(refusal()).contains("--repair is off");
    assertThat(cluster.asked).isEmpty();
  }

  @Test
  void anotherClusterIsNotAsked() throws IOException, StartException {
    cluster.close();
    cluster = new FakeCluster(99);
    noteClusterAsPeer();
    loseLog();

    assertThat(refusal()).contains("those asked are of 0000000000000063");
    assertThat(cluster.asked).isEmpty();
  }

  @Test
  void withoutAnyHintOfItsClusterItStaysDown() throws IOException, StartException {
    config = config("--peer-advertise=127.0.0.1:7401", "--join=" + cluster.address());
    loseLog();
    loseIdentity();

    assertThat(refusal()).contains("its cluster is not known");
    assertThat(cluster.asked).isEmpty();
  }

  @Test
  void theClusterThatItNotedItselfWillDo() throws IOException, StartException {
    config = config("--peer-advertise=127.0.0.1:7401");
    Files.writeString(
        config.dataDir().resolve("peers"),
        String.format("cluster %016x%nn2 %s%n", old.clusterId(), cluster.address()));
    loseLog();
    loseIdentity();

    repair();

    assertStartsAsTheNewMember();
  }

  @Test
  void aMemberThatWasRemovedStaysDown() throws IOException {
    noteClusterAsPeer();
    loseLog();
    cluster.members.removeIf(member -> member.getName().equals("n1"));

    assertThat(refusal()).contains("the cluster has no member n1 at 127.0.0.1:7401");
  }

  @Test
  void theFolderOfAFormerMemberDoesNotTakeThePlaceOfTheOneThatFollowedIt() throws IOException {
    noteClusterAsPeer();
    loseLog();
    cluster.members.removeIf(member -> member.getName().equals("n1"));
    cluster.members.add(FakeCluster.member(77, "n1", "127.0.0.1:7401", MemberRole.FOLLOWER));

    assertThat(refusal()).contains("this folder was that of member " + old.memberId());
    assertThat(cluster.asked).isEmpty();
  }

  @Test
  void aRefusalForGoodIsTold() throws IOException {
    noteClusterAsPeer();
    loseLog();
    cluster.refusals.add(Status.PERMISSION_DENIED.withDescription("PERMISSION_DENIED: not you"));

    assertThat(refusal()).contains(cluster.address() + ": PERMISSION_DENIED: not you");
  }

  @Test
  void aFolderOfAnotherVersionOrInUseIsNotDamaged() throws IOException, StartException {
    try (DamagedDir inUse = DamagedDir.lock(config.dataDir())) {
      assertThat(inUse.owner()).contains(old);
      StartException refused =
          catchThrowableOfType(
              StartException.class, () -> Stores.open(config, StoresTest::unexpected).close());
      assertThat(refused.damage()).isEmpty();
    }
    config = config(INITIAL.replace("7421", "7422"));
    StartException foreign =
        catchThrowableOfType(
            StartException.class, () -> Stores.open(config, StoresTest::unexpected).close());
    assertThat(foreign.getMessage()).contains("belongs to another cluster");
    assertThat(foreign.damage()).isEmpty();
  }

  @Test
  void aDamagedFolderOfAnotherClusterIsForeign() throws IOException, StartException {
    noteClusterAsPeer();
    loseLog();
    StartException damage = damage();
    config = config(INITIAL.replace("7421", "7422"));

    StartException foreign =
        catchThrowableOfType(StartException.class, () -> Repair.run(config, damage));

    assertThat(foreign.getMessage()).contains("belongs to another cluster");
    assertThat(cluster.asked).isEmpty();
  }
}
