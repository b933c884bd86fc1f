package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A founding member is known by its folder, and not by its name alone. */
final class FoundingIT {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;

  private static void delete(Path dataDir) throws IOException {
    try (Stream<Path> files = Files.walk(dataDir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static long id(KvClient client, String name) {
    return client.cluster().members().members().stream()
        .filter(member -> member.name().equals(name))
        .findFirst()
        .orElseThrow()
        .id();
  }

  @Test
  void newClusterBeginsWhenItsMembersHaveMetAndNeedsAMajorityFromThenOn() {
    try (KvdCluster cluster = new KvdCluster(folder, 3)) {
      cluster.start(0);
      KvdProcess second = cluster.start(1);
      Awaitility.await()
          .atMost(LONG)
          .until(
              () ->
                  second.stderr().stream()
                      .anyMatch(line -> line.contains("once it has met 2 other members")));
      Awaitility.await()
          .during(Duration.ofSeconds(3))
          .atMost(LONG)
          .until(() -> cluster.leader().isEmpty());

      cluster.start(2);
      cluster.awaitLeader();
      cluster.client().put("key", "value");
      cluster.awaitEqualStates();

      cluster.killAll();
      cluster.start(0);
      cluster.start(1);
      cluster.awaitLeader();
      assertThat(cluster.client().get("key").value()).contains(ByteSequence.of("value"));
    }
  }

  @Test
  void founderThatLostItsFolderIsTurnedAwayAndComesBackAsANewMember() throws IOException {
    try (KvdCluster cluster = new KvdCluster(folder, 3)) {
      cluster.start();
      int member = (cluster.awaitLeader() + 1) % 3;
      cluster.client().put("key", "value");
      cluster.awaitEqualStates();
      long before = id(cluster.client(), cluster.name(member));
      cluster.process(member).kill();
      delete(cluster.dataDir(member));

      KvdProcess wiped = cluster.launch(member);

      assertThat(wiped.awaitExit()).isEqualTo(4);
      assertThat(wiped.stderr())
          .filteredOn(line -> line.startsWith("kvd: "))
          .singleElement()
          .asString()
          .contains("this data directory is new, and not the one of this member", "bring that one");
      assertThat(wiped.stderr()).noneMatch(line -> line.contains("has met the others"));
      cluster.client().put("key", "goes on");

      KvdProcess again = cluster.start(member);
      Awaitility.await()
          .atMost(LONG)
          .until(
              () ->
                  again.stderr().stream()
                      .anyMatch(line -> line.contains("repaired and votes again")));
      assertThat(id(cluster.client(), cluster.name(member))).isNotEqualTo(before);
      assertThat(cluster.client().cluster().members().members())
          .extracting(Member::name)
          .containsExactlyInAnyOrderElementsOf(List.of("n1", "n2", "n3"));
      cluster.awaitEqualStates();
    }
  }
}
