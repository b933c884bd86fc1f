package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.KeyRange;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.RangeOptions;
import io.raftkv.client.ReadOptions;
import io.raftkv.client.SnapshotResult;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup of a running cluster, and {@code kvd restore} that makes another one of it. */
final class BackupIT {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int KEYS = 200;

  @TempDir Path folder;
  private Path backup;
  private KvdCluster cluster;

  @BeforeEach
  void start() {
    backup = folder.resolve("all.backup");
    cluster = new KvdCluster(folder, 3, "--snapshot-entries", "50", "--trailing-entries", "5");
    cluster.start();
    cluster.awaitLeader();
    for (int i = 0; i < KEYS; i++) {
      cluster.client().put("key" + i, "value" + i);
    }
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private SnapshotResult save(int member, ReadOptions read) throws IOException {
    try (OutputStream out = Files.newOutputStream(backup)) {
      return cluster.client().maintenance().snapshot(cluster.endpoint(member), read, out);
    }
  }

  private KvdProcess restore(Path dataDir, int peerPort) {
    return KvdProcess.start(
        folder,
        "restore",
        backup.toString(),
        "--data-dir",
        dataDir.toString(),
        "--name",
        "m1",
        "--peer-listen",
        "127.0.0.1:" + peerPort);
  }

  private static Map<String, String> all(KvClient client, long atRevision) {
    Map<String, String> found = new TreeMap<>();
    ReadOptions read = ReadOptions.DEFAULT.withAtRevision(atRevision);
    for (KeyValue kv : client.scan(KeyRange.all(), RangeOptions.DEFAULT.withRead(read))) {
      found.put(kv.key().utf8(), kv.value().utf8());
    }
    return found;
  }

  @Test
  void aBackupUnderWritesBecomesANewClusterThatGrows() throws Exception {
    AtomicBoolean isEnough = new AtomicBoolean();
    AtomicLong written = new AtomicLong();
    CompletableFuture<Long> writes =
        CompletableFuture.supplyAsync(
            () -> {
              long revision = 0;
              while (!isEnough.get()) {
                long number = written.incrementAndGet();
                revision = cluster.client().put("w" + number % 50, "x" + number).modRevision();
              }
              return revision;
            });
    Awaitility.await("writes").atMost(LONG).until(() -> written.get() > 50);
    int follower = (cluster.awaitLeader() + 1) % 3;
    long before = cluster.client().put("last", "before").modRevision();
    SnapshotResult saved = save(follower, ReadOptions.DEFAULT);
    long after = cluster.client().put("first", "after").modRevision();
    isEnough.set(true);
    long newest = Math.max(after, writes.get());
    assertThat(saved.header().revision()).isBetween(before, after - 1);
    assertThat(saved.totalBytes()).isEqualTo(Files.size(backup));
    Map<String, String> expected = all(cluster.client(), saved.header().revision());
    assertThat(expected).containsKey("last").doesNotContainKey("first").hasSizeGreaterThan(KEYS);

    Path dataDir = folder.resolve("restored");
    int peerPort = FreePorts.next();
    try (KvdProcess restored = restore(dataDir, peerPort)) {
      assertThat(restored.awaitExit()).as(restored.stderrText()).isZero();
      assertThat(restored.stdout()).anyMatch(line -> line.startsWith("Restored "));
    }
    try (KvdProcess again = restore(dataDir, peerPort)) {
      assertThat(again.awaitExit()).isEqualTo(3);
      assertThat(again.stderr()).singleElement().asString().contains("is not empty");
    }
    int client = FreePorts.next();
    try (KvdProcess first = member("m1", dataDir, client, peerPort).awaitReady();
        KvClient kv = KvClient.connect("127.0.0.1:" + client)) {
      Awaitility.await("m1 leads")
          .atMost(LONG)
          .ignoreExceptionsInstanceOf(KvException.class)
          .until(() -> kv.put("new", "life").modRevision() > newest);
      expected.put("new", "life");
      assertThat(all(kv, 0)).isEqualTo(expected);

      int secondClient = FreePorts.next();
      try (KvdProcess second =
              member(
                      "m2",
                      folder.resolve("joined"),
                      secondClient,
                      FreePorts.next(),
                      "--join",
                      "127.0.0.1:" + client)
                  .awaitReady();
          KvClient other = KvClient.connect("127.0.0.1:" + secondClient)) {
        Awaitility.await("two members")
            .atMost(LONG)
            .until(
                () ->
                    kv.cluster().members().members().stream()
                            .filter(member -> !member.isJoining())
                            .count()
                        == 2);
        assertThat(all(other, 0)).isEqualTo(expected);
        assertThat(second.isAlive() && first.isAlive()).isTrue();
      }
    }
    // The saved cluster goes on as if nothing had been.
    cluster.client().put("still", "here");
    cluster.awaitEqualStates();
  }

  private KvdProcess member(
      String name, Path dataDir, int clientPort, int peerPort, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--name=" + name,
                "--data-dir=" + dataDir,
                "--listen=127.0.0.1:" + clientPort,
                "--peer-listen=127.0.0.1:" + peerPort,
                "--ops-listen=127.0.0.1:" + FreePorts.next()));
    arguments.addAll(List.of(more));
    return KvdProcess.start(folder, arguments.toArray(String[]::new));
  }

  @Test
  void aMemberWithoutALeaderCanBeSavedAsItIs() throws Exception {
    cluster.awaitEqualStates();
    cluster.process(0).kill();
    cluster.process(1).kill();

    assertThat(save(2, ReadOptions.local()).header().revision()).isEqualTo(KEYS);
  }

  @Test
  void aFlippedByteIsRefusedAndNothingIsMade() throws Exception {
    assertThat(save(0, ReadOptions.DEFAULT).totalBytes()).isPositive();
    byte[] bytes = Files.readAllBytes(backup);
    bytes[bytes.length / 2] ^= 1;
    Files.write(backup, bytes);
    Path dataDir = folder.resolve("restored");

    try (KvdProcess restored = restore(dataDir, FreePorts.next())) {
      assertThat(restored.awaitExit()).isEqualTo(3);
      assertThat(restored.stderr())
          .singleElement()
          .asString()
          .contains(backup.toString(), "damaged at offset");
    }
    assertThat(dataDir).doesNotExist();
  }
}
