package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage on disk and writes that fail end a member, with the cause in one line. */
final class DiskFaultsIT {
  private static final int DATA_DIR = 3;
  private static final int DISK_FAILURE = 4;

  @TempDir Path folder;

  private static Path segment(KvdCluster cluster) throws IOException {
    try (Stream<Path> files = Files.list(cluster.dataDir(0).resolve("log"))) {
      return files.filter(file -> file.toString().endsWith(".seg")).sorted().findFirst().get();
    }
  }

  private static void assertRefused(KvdProcess kvd, int exitCode, String cause) {
    assertThat(kvd.awaitExit()).isEqualTo(exitCode);
    assertThat(kvd.stdout()).isEmpty();
    assertThat(kvd.stderr())
        .filteredOn(line -> line.startsWith("kvd: "))
        .singleElement()
        .asString()
        .contains(cause);
  }

  @Test
  void damageWithinTheLogIsNotServed() throws IOException {
    try (KvdCluster cluster = new KvdCluster(folder, 1).start()) {
      for (int i = 0; i < 20; i++) {
        cluster.client().put("key" + i, "marked-value-" + i);
      }
      cluster.process(0).kill();
      Path segment = segment(cluster);
      byte[] bytes = Files.readAllBytes(segment);
      int at = indexOf(bytes, "marked-value-7".getBytes(StandardCharsets.UTF_8));
      bytes[at] ^= 1;
      Files.write(segment, bytes);

      assertRefused(cluster.launch(0), DATA_DIR, segment.getFileName().toString());
    }
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("the value is not in the log");
  }

  @Test
  void aDataDirOfAnotherVersionIsRefused() throws IOException {
    try (KvdCluster cluster = new KvdCluster(folder, 1).start()) {
      cluster.process(0).kill();
      Path identity = cluster.dataDir(0).resolve("identity");
      ByteBuffer slots = ByteBuffer.wrap(Files.readAllBytes(identity));
      for (int slot = 0; slot < slots.capacity(); slot += 4096) {
        slots.putInt(slot + 8, 99);
        CRC32C crc = new CRC32C();
        crc.update(slots.array(), slot, 36);
        slots.putInt(slot + 36, (int) crc.getValue());
      }
      Files.write(identity, slots.array());

      assertRefused(cluster.launch(0), DATA_DIR, "format 99");
    }
  }

  @Test
  void aMemberThatLostItsLogDoesNotComeBackUnderItsOldId() throws IOException {
    try (KvdCluster cluster = new KvdCluster(folder, 1).start()) {
      cluster.process(0).kill();
      try (Stream<Path> files = Files.list(cluster.dataDir(0).resolve("log"))) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }

      assertRefused(cluster.launch(0), DATA_DIR, "has lost its log");
    }
  }

  @Test
  void aFailedWriteEndsTheMemberAndWhatWasAcknowledgedIsThereLater()
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")));
    try (KvdCluster cluster = new KvdCluster(folder, 1).start();
        KvClient client = cluster.client(Duration.ofSeconds(3))) {
      ByteSequence value = ByteSequence.of(new byte[100_000]);
      cluster.client().put(ByteSequence.of("before"), value);
      KvdProcess kvd = cluster.process(0);

      // From now on the kernel refuses writes beyond the first 64 KiB of any file.
      String pid = Long.toString(kvd.pid());
      Process prlimit =
          new ProcessBuilder(List.of("prlimit", "--pid", pid, "--fsize=65536")).start();
      assertThat(prlimit.waitFor()).isZero();
      boolean isAcknowledged = true;
      try {
        client.put(ByteSequence.of("after"), value);
      } catch (KvException e) {
        isAcknowledged = false;
      }

      assertThat(isAcknowledged).isFalse();
      assertThat(kvd.awaitExit()).isEqualTo(DISK_FAILURE);
      assertThat(kvd.stderr())
          .filteredOn(line -> line.startsWith("kvd: "))
          .singleElement()
          .asString()
          .contains("n1 stopped");
      cluster.start(0);
      assertThat(cluster.client().get("before").isPresent()).isTrue();
    }
  }
}
