package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three members on one small file system, in memory: mounting it needs root, and without that these
 * tests do not run.
 */
final class FullDiskIT {
  private static final int MIB = 1 << 20;
  private static final int DISK_MIB = 96;

  /** Longer than it takes until a member looks at its disk again. */
  private static final Duration NOTICED_MAX = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Path disk;

  @BeforeEach
  void mount() throws IOException, InterruptedException {
    disk = Files.createDirectory(folder.resolve("disk"));
    boolean isMounted =
        Files.isExecutable(Path.of("/bin/mount"))
            && run(
                "mount", "-t", "tmpfs", "-o", "size=" + DISK_MIB + "m", "raftkv", disk.toString());
    Assumptions.assumeTrue(isMounted);
  }

  @AfterEach
  void unmount() throws IOException, InterruptedException {
    if (Files.isExecutable(Path.of("/bin/umount"))) {
      run("umount", disk.toString());
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor() == 0;
  }

  private KvdCluster cluster() {
    return new KvdCluster(disk, 3, "--segment-bytes", "8MiB").start();
  }

  /** Leaves less than a member keeps in reserve. */
  private Path fill() throws IOException {
    Path filler = disk.resolve("filler");
    long bytes = Files.getFileStore(disk).getUsableSpace() - 2 * MIB;
    Files.write(filler, new byte[(int) bytes]);
    return filler;
  }

  private static boolean isRefused(KvClient client) {
    try {
      client.put("k", "v");
      return false;
    } catch (KvException e) {
      assertThat(e.reason()).isEqualTo(Reason.DISK_FULL);
      assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
      return true;
    }
  }

  @Test
  void putsAreRefusedWhileEverythingElseGoesOn() throws IOException {
    try (KvdCluster cluster = cluster();
        KvClient client = cluster.client(Duration.ofSeconds(3))) {
      client.put("a", "1");
      client.put("b", "2");
      Path filler = fill();
      await().atMost(NOTICED_MAX).until(() -> isRefused(client));

      assertThat(client.get("a").value().orElseThrow().utf8()).isEqualTo("1");
      assertThat(client.delete("b").deleted()).isEqualTo(1);
      // It was perhaps the others that told the leader, which looks at its own disk in its own
      // time.
      await()
          .atMost(NOTICED_MAX)
          .untilAsserted(
              () ->
                  assertThat(cluster.status(cluster.awaitLeader()).alarms())
                      .singleElement()
                      .asString()
                      .startsWith("DISK_FULL: "));
      client.cluster().transferLeadership();
      assertThat(client.get("b").isPresent()).isFalse();
      // The new leader looks at its disk by itself.
      await().atMost(NOTICED_MAX).until(() -> isRefused(client));
      assertThat(cluster.runningMembers()).hasSize(3);

      Files.delete(filler);
      await().atMost(NOTICED_MAX).until(() -> !isRefused(client));
      cluster.awaitEqualStates();
    }
  }

  /** What it cannot take it gets once there is room, and it lives until then. */
  @Test
  void fullFollowerWaitsWhileTheOthersGoOn() throws IOException, InterruptedException {
    Path small = Files.createDirectories(folder.resolve("members/n3"));
    assertThat(run("mount", "-t", "tmpfs", "-o", "size=64m", "raftkv", small.toString())).isTrue();
    try (KvdCluster cluster =
            new KvdCluster(small.getParent(), 3, "--segment-bytes", "8MiB").start();
        KvClient client = cluster.client(Duration.ofSeconds(30))) {
      if (cluster.awaitLeader() == 2) {
        client.cluster().transferLeadership();
      }
      Path filler = small.resolve("filler");
      Files.write(filler, new byte[(int) Files.getFileStore(small).getUsableSpace()]);
      ByteSequence value = ByteSequence.of(new byte[100_000]);
      for (int i = 0; i < 400; i++) {
        client.put(ByteSequence.of("bulk/" + i % 10), value);
      }

      assertThat(cluster.runningMembers()).hasSize(3);
      assertThat(cluster.status(2).appliedIndex())
          .isLessThan(cluster.status(cluster.awaitLeader()).appliedIndex());
      Files.delete(filler);
      cluster.awaitEqualStates();
      assertThat(cluster.process(2).stderr()).noneMatch(line -> line.contains(" ERROR "));
    } finally {
      run("umount", small.toString());
    }
  }

  /** The reserve outlasts what comes in before a member looks at its disk again. */
  @Test
  void writersAtFullSpeedFillTheDiskAndNoMemberStops() throws IOException {
    try (KvdCluster cluster = cluster();
        KvClient client = cluster.client(Duration.ofSeconds(3))) {
      byte[] value = new byte[4_000];
      KvException refused = null;
      for (int i = 0; refused == null && i < 100_000; i++) {
        new Random(i).nextBytes(value);
        String key = "k" + i % 200;
        refused =
            catchThrowableOfType(
                KvException.class, () -> client.put(ByteSequence.of(key), ByteSequence.of(value)));
      }

      assertThat(refused.reason()).isEqualTo(Reason.DISK_FULL);
      assertThat(cluster.runningMembers()).hasSize(3);
      assertThat(client.get("k0").isPresent()).isTrue();
      for (int member : List.of(0, 1, 2)) {
        assertThat(cluster.process(member).stderr()).noneMatch(line -> line.contains(" ERROR "));
      }
    }
  }
}
