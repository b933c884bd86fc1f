package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The majority is gone for good, and {@code kvd recover} makes a cluster of who is left. */
final class RecoverIT {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int KEYS = 60;

  @TempDir Path folder;
  private KvdCluster cluster;

  @BeforeEach
  void start() {
    cluster = new KvdCluster(folder, 3, "--snapshot-entries", "50", "--trailing-entries", "5");
    cluster.start();
    cluster.awaitLeader();
    for (int i = 0; i < KEYS; i++) {
      cluster.client().put("key" + i, "value" + i);
    }
    cluster.awaitEqualStates();
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private KvdProcess recover(int member, String... more) {
    return KvdProcess.start(
        folder,
        Stream.concat(
                Stream.of("recover", "--data-dir", cluster.dataDir(member).toString()),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private void assertRecovered(int member) {
    try (KvdProcess recovery = recover(member, "--yes")) {
      assertThat(recovery.awaitExit()).as(recovery.stderrText()).isZero();
      assertThat(recovery.stdout()).anyMatch(line -> line.startsWith("Done: "));
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private List<String> voters(KvClient client) {
    return client.cluster().members().members().stream()
        .filter(member -> !member.isJoining())
        .map(Member::name)
        .sorted()
        .toList();
  }

  private void assertEverythingIsThere(KvClient client) {
    for (int i = 0; i < KEYS; i++) {
      assertThat(client.get("key" + i).value().orElseThrow().utf8()).isEqualTo("value" + i);
    }
  }

  @Test
  void theLastOneServesEverythingGrowsAgainAndOldOnesStayOutside() throws IOException {
    cluster.killAll();
    Path aside = folder.resolve("aside");
    Files.move(cluster.dataDir(0), aside);
    delete(cluster.dataDir(1));

    assertRecovered(2);

    // With the arguments of before.
    cluster.start(2);
    try (KvClient client = cluster.clientOf(2)) {
      assertEverythingIsThere(client);
      long revision = client.put("after", "recovery").modRevision();
      assertThat(revision).isGreaterThan(1_000_000_000);
      assertThat(voters(client)).containsExactly("n3");

      for (int added = 0; added < 2; added++) {
        cluster.start(cluster.add());
      }
      Awaitility.await("three voters")
          .atMost(LONG)
          .until(() -> voters(client).equals(List.of("n3", "n4", "n5")));
      cluster.awaitEqualStates();

      // An old one comes back, with its data and as it was started then.
      Files.move(aside, cluster.dataDir(0));
      cluster.launch(0);
      Awaitility.await("n1 is told")
          .atMost(LONG)
          .until(
              () ->
                  cluster.process(0).stderr().stream()
                      .anyMatch(line -> line.contains("the cluster was recovered without member")));
      long term = cluster.status(2).header().term();
      client.put("after", "it came back");
      assertThat(voters(client)).containsExactly("n3", "n4", "n5");
      assertThat(cluster.status(2).header().term()).isEqualTo(term);
      cluster.process(0).kill();
      cluster.awaitEqualStates();
    }

    // One of the new ones goes, and the others have a majority.
    cluster.process(cluster.awaitLeader()).kill();
    cluster.awaitLeader();
    try (KvClient client = cluster.client(Duration.ofSeconds(30))) {
      assertThat(client.get("after").value().orElseThrow().utf8()).isEqualTo("it came back");
      assertEverythingIsThere(client);
    }
  }

  @Test
  void aMajorityOfOldOnesThatComesBackIsAnotherCluster() {
    cluster.killAll();
    assertRecovered(2);
    cluster.start(2);

    // Nobody should: but then neither side must take the other for its own.
    cluster.launch(0);
    cluster.launch(1);
    cluster.process(0).awaitReady();
    cluster.process(1).awaitReady();
    try (KvClient old = cluster.clientOf(0);
        KvClient recovered = cluster.clientOf(2)) {
      recovered.put("side", "recovered");
      Awaitility.await("the old ones elect")
          .atMost(LONG)
          .ignoreExceptionsInstanceOf(KvException.class)
          .until(() -> old.put("side", "old").modRevision() > 0);

      assertThat(recovered.get("side").value().orElseThrow().utf8()).isEqualTo("recovered");
      assertThat(recovered.get("side").header().clusterId())
          .isNotEqualTo(old.get("side").header().clusterId());
      assertThat(voters(recovered)).containsExactly("n3");
    }
  }

  @Test
  void itRefusesWhileTheMajorityLives() {
    cluster.process(2).terminate();
    assertThat(cluster.process(2).awaitExit()).isZero();

    try (KvdProcess recovery = recover(2, "--yes")) {
      assertThat(recovery.awaitExit()).isEqualTo(2);
      assertThat(recovery.stderr())
          .singleElement()
          .asString()
          .contains("n1, n2 answer", "start n3 instead");
      assertThat(recovery.stdout())
          .anyMatch(line -> line.startsWith("n1 at ") && line.endsWith(" answers"));
    }

    cluster.start(2);
    cluster.client().put("after", "refusal");
    cluster.awaitEqualStates();
  }

  @Test
  void itRefusesWhileTheMemberRuns() {
    try (KvdProcess recovery =
        KvdProcess.start(
            folder,
            KvdProcess.QUICK_JVM,
            Map.of("KVD_DATA_DIR", cluster.dataDir(2).toString()),
            List.of("recover", "--yes"))) {
      assertThat(recovery.awaitExit()).isEqualTo(3);
      assertThat(recovery.stderr()).singleElement().asString().contains("is locked by process");
    }
    assertThatThrownBy(() -> Files.list(cluster.dataDir(2).resolve("recovering")).close())
        .isInstanceOf(IOException.class);
  }
}
