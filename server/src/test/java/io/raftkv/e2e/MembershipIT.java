package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.client.ChangeOptions;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.Member;
import io.raftkv.client.NewMember;
import io.raftkv.client.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members that come and go, as real processes. */
final class MembershipIT {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private KvdCluster cluster;
  private KvClient client;

  @BeforeEach
  void start() {
    cluster = new KvdCluster(folder, 3, "--snapshot-entries", "50", "--trailing-entries", "5");
    cluster.start();
    cluster.add();
    cluster.awaitLeader();
    client = cluster.client(Duration.ofSeconds(30));
    for (int i = 0; i < 120; i++) {
      client.put("key" + i, "value");
    }
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  private List<String> voters() {
    return client.cluster().members().members().stream()
        .filter(member -> !member.isJoining())
        .map(Member::name)
        .sorted()
        .toList();
  }

  private void awaitVoters(String... names) {
    Awaitility.await("voters " + List.of(names))
        .atMost(LONG)
        .until(() -> voters().equals(List.of(names)));
  }

  private long id(String name) {
    return client.cluster().members().members().stream()
        .filter(member -> member.name().equals(name))
        .findFirst()
        .orElseThrow()
        .id();
  }

  /** By a snapshot: what it needs is no longer in the log. */
  @Test
  void aMemberJoinsVotesAndOutlivesItsOwnAndOthersRestarts() {
    cluster.start(3);
    awaitVoters("n1", "n2", "n3", "n4");

    cluster.killAll();
    for (int member = 0; member < 4; member++) {
      cluster.launch(member);
    }
    cluster.awaitLeader();
    client.put("after", "restart");

    awaitVoters("n1", "n2", "n3", "n4");
    cluster.awaitEqualStates();
  }

  private String addressOf(String name) {
    return client.cluster().members().members().stream()
        .filter(member -> member.name().equals(name))
        .findFirst()
        .orElseThrow()
        .peerAddress();
  }

  /** One after the other, the leader among them; then all are started where they are now. */
  @Test
  void membersComeBackAtOtherAddresses() {
    for (int member = 0; member < 3; member++) {
      cluster.process(member).kill();
      cluster.move(member);
      cluster.start(member);
      String name = cluster.name(member);
      String address = "127.0.0.1:" + cluster.peerPort(member);
      Awaitility.await(name + " is known at " + address)
          .atMost(LONG)
          .until(() -> addressOf(name).equals(address));
      client.put("moved", name);
    }
    awaitVoters("n1", "n2", "n3");

    cluster.killAll();
    for (int member = 0; member < 3; member++) {
      cluster.launch(member);
    }
    cluster.awaitLeader();
    client.put("after", "restart");

    cluster.awaitEqualStates();
  }

  /** The third can dial neither: it learns from those who come to it where they are. */
  @Test
  void aMajorityComesBackAtOtherAddresses() {
    for (int member = 0; member < 2; member++) {
      cluster.process(member).kill();
      cluster.move(member);
    }
    cluster.start(0);
    cluster.start(1);

    cluster.awaitLeader();
    client.put("after", "move");
    for (int member = 0; member < 2; member++) {
      String name = cluster.name(member);
      String address = "127.0.0.1:" + cluster.peerPort(member);
      Awaitility.await(name + " is known at " + address)
          .atMost(LONG)
          .until(() -> addressOf(name).equals(address));
    }
    cluster.awaitEqualStates();
  }

  @Test
  void theLeaderIsRemovedAndSaysSoAlsoWhenItComesBack() {
    int leader = cluster.awaitLeader();
    String name = cluster.name(leader);

    client.cluster().remove(id(name), ChangeOptions.DEFAULT);
    client.put("after", "removal");

    assertThat(voters()).hasSize(2).doesNotContain(name);
    awaitToldRemoved(leader);
    cluster.process(leader).kill();
    cluster.start(leader);
    awaitToldRemoved(leader);
    assertThatThrownBy(
            () ->
                client
                    .cluster()
                    .add(
                        NewMember.of(name, "127.0.0.1:" + cluster.peerPort(leader)).withId(7),
                        ChangeOptions.DEFAULT.withConfigRevision(1)))
        .isInstanceOfSatisfying(
            KvException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CONFIG_CONFLICT));
  }

  /** It was down meanwhile: nobody could tell it. */
  @Test
  void whoWasRemovedWhileItWasDownIsToldWhenItComesBack() {
    int follower = (cluster.awaitLeader() + 1) % 3;
    cluster.process(follower).kill();

    client.cluster().remove(id(cluster.name(follower)), ChangeOptions.DEFAULT);
    cluster.start(follower);

    awaitToldRemoved(follower);
    assertThat(voters()).hasSize(2);
  }

  private void awaitToldRemoved(int member) {
    Awaitility.await(cluster.name(member) + " is told")
        .atMost(LONG)
        .until(
            () ->
                cluster.process(member).stderr().stream()
                    .anyMatch(line -> line.contains("was removed from the cluster")));
  }

  @Test
  void aNewMemberReplacesADeadOne() {
    int dead = (cluster.awaitLeader() + 1) % 3;
    cluster.process(dead).kill();
    String address = "127.0.0.1:" + cluster.peerPort(3);

    client
        .cluster()
        .replace(id(cluster.name(dead)), NewMember.of("n4", address), ChangeOptions.DEFAULT);
    cluster.start(3);

    Awaitility.await("n4 in its place")
        .atMost(LONG)
        .until(() -> voters().size() == 3 && voters().contains("n4"));
    assertThat(voters()).doesNotContain(cluster.name(dead));
    cluster.awaitEqualStates();
  }

  @Test
  void changesThatWouldHarmAreRefused() {
    int leader = cluster.awaitLeader();
    int down = (leader + 1) % 3;
    cluster.process(down).kill();
    long other = id(cluster.name((leader + 2) % 3));

    Awaitility.await("its silence is noticed")
        .atMost(LONG)
        .until(
            () -> {
              try {
                client.cluster().remove(other, ChangeOptions.DEFAULT.withDryRun());
                return false;
              } catch (KvException e) {
                return e.reason() == Reason.UNSAFE_CHANGE;
              }
            });
    assertThatThrownBy(() -> client.cluster().remove(99, ChangeOptions.DEFAULT))
        .hasMessageContaining("no such member");
    assertThatThrownBy(
            () -> client.cluster().add(NewMember.of("n 4", "127.0.0.1:1"), ChangeOptions.DEFAULT))
        .isInstanceOfSatisfying(
            KvException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BAD_MEMBER));
    assertThat(voters()).containsExactly("n1", "n2", "n3");
  }

  @Test
  void nobodyJoinsUnderTheNameOfAnother() {
    try (KvdProcess taken =
        KvdProcess.start(
            folder,
            "--name=n1",
            "--data-dir=" + folder.resolve("other"),
            "--listen=127.0.0.1:" + FreePorts.next(),
            "--peer-listen=127.0.0.1:" + FreePorts.next(),
            "--ops-listen=127.0.0.1:" + FreePorts.next(),
            "--join=" + cluster.endpoint(1))) {
      assertThat(taken.awaitExit()).isEqualTo(2);
      assertThat(taken.stderr()).last().asString().contains("the cluster has a member n1 at");
    }
  }
}
