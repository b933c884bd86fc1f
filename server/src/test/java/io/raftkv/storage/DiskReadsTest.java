package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskReadsTest {
  @TempDir Path folder;

  private byte[] write(Path file, int length) throws IOException {
    byte[] content = new byte[length];
    new Random(length).nextBytes(content);
    Files.write(file, content);
    return content;
  }

  @Test
  void anyRangeOfAFileIsRead() throws IOException {
    Path file = folder.resolve("a");
    for (int length : new int[] {1, 4096, 10_000, 70_001}) {
      byte[] content = write(file, length);
      Random random = new Random(length);
      try (Volume volume = new MapDbVolumes(folder).openFromDisk("a")) {
        assertThat(volume.length()).isEqualTo(length);
        for (int i = 0; i < 200; i++) {
          int from = random.nextInt(length + 1);
          int count = random.nextInt(length - from + 1);
          byte[] read = new byte[count + 3];
          volume.getData(from, read, 3, count);
          assertThat(Arrays.copyOfRange(read, 3, read.length))
              .isEqualTo(Arrays.copyOfRange(content, from, from + count));
        }
      }
    }
  }

  @Test
  void readBeyondTheEndFails() throws IOException {
    write(folder.resolve("a"), 5000);
    try (Volume volume = new MapDbVolumes(folder).openFromDisk("a")) {
      byte[] read = new byte[5001];
      assertThatThrownBy(() -> volume.getData(0, read, 0, 5001))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("ends before 5001");
      assertThatThrownBy(() -> volume.getData(9000, read, 0, 1))
          .isInstanceOf(UncheckedIOException.class);
      volume.getData(4999, read, 0, 1);
    }
  }

  @Test
  void fileThatIsGoneIsSaidToBe() {
    assertThatThrownBy(() -> new MapDbVolumes(folder).openFromDisk("none"))
        .isInstanceOf(UncheckedIOException.class)
        .hasRootCauseInstanceOf(java.nio.file.NoSuchFileException.class);
  }
}
