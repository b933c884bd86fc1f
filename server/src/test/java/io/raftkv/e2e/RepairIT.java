package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.Member;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members whose data is damaged come back from their cluster, or stay down with one line. */
final class RepairIT {
  private static final Duration LONG = Duration.ofSeconds(90);
  private static final int ENTRIES = 250;
  private static final int VALUE_BYTES = 30_000;

  @TempDir Path folder;
  private KvdCluster cluster;
  private KvClient client;

  /** Each member has snapshots, and several segments of log behind them. */
  @BeforeEach
  void start() {
    cluster = new KvdCluster(folder, 3, "--snapshot-entries", "100", "--trailing-entries", "80");
    cluster.start();
    cluster.awaitLeader();
    client = cluster.client(Duration.ofSeconds(30));
    fill();
  }

  private void fill() {
    for (int i = 0; i < ENTRIES; i++) {
      client.put(ByteSequence.of("key" + i % 100), ByteSequence.wrap(value(i)));
    }
  }

  private static byte[] value(int number) {
    byte[] value = new byte[VALUE_BYTES];
    Arrays.fill(value, (byte) number);
    return value;
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  private List<Path> files(int member, String part, String suffix) {
    try (Stream<Path> files = Files.list(cluster.dataDir(member).resolve(part))) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void flip(Path file, double where) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) (bytes.length * where)] ^= 1;
    Files.write(file, bytes);
  }

  private long id(String name) {
    return client.cluster().members().members().stream()
        .filter(member -> member.name().equals(name))
        .findFirst()
        .orElseThrow()
        .id();
  }

  /** Damage to what a stopped member has, by name. */
  private interface Damage {
    void to(int member) throws IOException;
  }

  @Test
  void eachKindOfDamageIsRepairedWhileTheClusterServes() throws IOException {
    TreeMap<String, Damage> damages = new TreeMap<>();
    damages.put("middle of the log", member -> flip(files(member, "log", ".seg").get(1), 0.5));
    damages.put(
        "needed snapshots",
        member -> {
          for (Path snapshot : files(member, "snapshots", ".snap")) {
            flip(snapshot, 0.5);
          }
        });
    damages.put("a segment is gone", member -> Files.delete(files(member, "log", ".seg").get(1)));
    damages.put(
        "both copies of the identity",
        member -> Files.write(cluster.dataDir(member).resolve("identity"), new byte[8192]));
    damages.put(
        "all of the log",
        member -> {
          for (Path segment : files(member, "log", ".seg")) {
            Files.delete(segment);
          }
        });

    try (Writer writer = new Writer(client)) {
      for (String damage : damages.keySet()) {
        fill();
        int member = (cluster.awaitLeader() + 1) % 3;
        long before = id(cluster.name(member));
        cluster.process(member).terminate();
        assertThat(cluster.process(member).awaitExit()).isZero();
        damages.get(damage).to(member);

        KvdProcess kvd = cluster.start(member);

        Awaitility.await(damage + ": " + cluster.name(member) + " votes again")
            .atMost(LONG)
            .until(
                () ->
                    kvd.stderr().stream()
                        .anyMatch(line -> line.contains("repaired and votes again")));
        assertThat(kvd.stderr())
            .as(damage)
            .anyMatch(line -> line.contains(" WARN ") && line.contains("takes the place of"));
        assertThat(id(cluster.name(member))).as(damage).isNotEqualTo(before);
        assertThat(client.cluster().members().members())
            .as(damage)
            .extracting(Member::name)
            .containsExactlyInAnyOrder("n1", "n2", "n3");
      }
    }
    cluster.awaitEqualStates();

    // Under their new ids they come back as anybody does.
    cluster.killAll();
    cluster.start();
    cluster.awaitLeader();
    client.put("after", "restart");
    cluster.awaitEqualStates();
  }

  /** As a disk might, under the hands of the process. */
  private static void rot(Path file) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      long middle = open.length() / 2;
      open.seek(middle);
      int there = open.read();
      open.seek(middle);
      open.write(there ^ 1);
    }
  }

  @Test
  void whatRotsUnderARunningMemberIsMendedFromItsOwnState() throws IOException {
    int member = (cluster.awaitLeader() + 1) % 3;
    KvdProcess kvd = cluster.process(member);
    long before = id(cluster.name(member));
    Path segment = files(member, "log", ".seg").get(0);
    List<Path> snapshots = files(member, "snapshots", ".snap");
    Path snapshot = snapshots.get(snapshots.size() - 1);
    rot(segment);
    rot(snapshot);

    Awaitility.await("both are found, and made good")
        .atMost(LONG)
        .until(
            () ->
                !Files.exists(segment)
                    && kvd.stderr().stream()
                        .anyMatch(line -> line.contains("is damaged and no longer used")));
    assertThat(kvd.stderr())
        .filteredOn(line -> line.contains("found at rest"))
        .anyMatch(line -> line.contains(segment.toString()))
        .hasSizeGreaterThanOrEqualTo(2);
    Awaitility.await("a newer snapshot is there")
        .atMost(LONG)
        .until(() -> !files(member, "snapshots", ".snap").equals(snapshots));

    kvd.terminate();
    assertThat(kvd.awaitExit()).isZero();
    KvdProcess again = cluster.start(member);
    cluster.awaitEqualStates();
    assertThat(id(cluster.name(member))).isEqualTo(before);
    assertThat(again.stderr()).noneMatch(line -> line.contains("takes the place of"));
  }

  @Test
  void withoutAMajorityADamagedMemberStaysDownAndNothingIsTouched() throws IOException {
    int member = (cluster.awaitLeader() + 1) % 3;
    cluster.process(member).kill();
    cluster.process((member + 1) % 3).kill();
    flip(files(member, "log", ".seg").get(1), 0.5);
    TreeMap<String, Integer> before = contents(member);

    KvdProcess kvd = cluster.launch(member);

    assertThat(kvd.awaitExit()).isEqualTo(3);
    assertThat(kvd.stdout()).isEmpty();
    assertThat(kvd.stderr())
        .filteredOn(line -> line.startsWith("kvd: "))
        .singleElement()
        .asString()
        .contains("is damaged at offset", "not repaired: ", "when a majority of the others is up");
    assertThat(contents(member)).isEqualTo(before);

    // And with one it is repaired.
    cluster.start((member + 1) % 3);
    cluster.start(member);
    cluster.awaitLeader();
    client.put("after", "repair");
    cluster.awaitEqualStates();
  }

  /** Of all but the lock and the identity, whose two copies a start may write again. */
  private TreeMap<String, Integer> contents(int member) throws IOException {
    TreeMap<String, Integer> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(cluster.dataDir(member))) {
      for (Path file : files.toList()) {
        if (!file.endsWith("LOCK") && !file.endsWith("identity")) {
          contents.put(
              file.toString(),
              Files.isDirectory(file) ? 0 : Arrays.hashCode(Files.readAllBytes(file)));
        }
      }
    }
    return contents;
  }

  /**
   * Writes all the time; every write must be acknowledged. As large as the others, so that what
   * stays in the log are several segments.
   */
  private static final class Writer implements AutoCloseable {
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final AtomicInteger written = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread thread;

    Writer(KvClient client) {
      byte[] value = value(0);
      thread =
          new Thread(
              () -> {
                while (!isOver.get()) {
                  client.put(ByteSequence.of("written"), ByteSequence.of(value));
                  written.incrementAndGet();
                }
              },
              "writer");
      thread.setUncaughtExceptionHandler((any, cause) -> failure.set(cause));
      thread.start();
    }

    @Override
    public void close() {
      isOver.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      assertThat(failure.get()).isNull();
      assertThat(written.get()).isPositive();
    }
  }
}
