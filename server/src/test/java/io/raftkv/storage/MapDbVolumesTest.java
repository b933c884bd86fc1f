package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mapdb.volume.FileChannelVol;

class MapDbVolumesTest {
  @TempDir Path folder;

  /** The transitive dependencies of MapDB are not shipped; its volumes must not need them. */
  @Test
  void volumesOfMapDbNeedNoOtherJar() throws IOException, ReflectiveOperationException {
    URL jar = FileChannelVol.class.getProtectionDomain().getCodeSource().getLocation();
    try (URLClassLoader alone =
        new URLClassLoader(new URL[] {jar}, ClassLoader.getPlatformClassLoader())) {
      Class<?> type = Class.forName("org.mapdb.volume.FileChannelVol", true, alone);
      Object volume =
          type.getConstructor(java.io.File.class, boolean.class, long.class, int.class, long.class)
              .newInstance(folder.resolve("alone").toFile(), false, -1L, 20, 0L);
      type.getMethod("putData", long.class, ByteBuffer.class)
          .invoke(volume, 4096L, ByteBuffer.wrap(new byte[] {1, 2, 3}));
      type.getMethod("sync").invoke(volume);
      byte[] read = new byte[3];
      type.getMethod("getData", long.class, byte[].class, int.class, int.class)
          .invoke(volume, 4096L, read, 0, 3);
      assertThat(read).containsExactly(1, 2, 3);
      assertThat(type.getMethod("length").invoke(volume)).isEqualTo(4099L);
      type.getMethod("truncate", long.class).invoke(volume, 10L);
      type.getMethod("close").invoke(volume);
    }
  }

  @Test
  void writtenBytesAreReadBack() {
    MapDbVolumes volumes = new MapDbVolumes(folder);
    try (Volume volume = volumes.create("a")) {
      volume.putData(10, ByteBuffer.wrap(new byte[] {1, 2, 3}));
      volume.sync();
      assertThat(volume.length()).isEqualTo(13);
    }
    volumes.rename("a", "b");
    volumes.syncDirectory();
    assertThat(volumes.list()).containsExactly("b");
    try (Volume volume = volumes.open("b")) {
      byte[] read = new byte[4];
      volume.getData(9, read, 0, 4);
      assertThat(read).containsExactly(0, 1, 2, 3);
      volumes.delete("b");
      volume.getData(9, read, 0, 4);
      assertThat(read).containsExactly(0, 1, 2, 3);
    }
    assertThat(volumes.exists("b")).isFalse();
  }

  @Test
  void failuresNameTheFile() {
    MapDbVolumes volumes = new MapDbVolumes(folder);
    assertThatThrownBy(() -> volumes.open("a"))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("a");
    try (Volume volume = volumes.create("a")) {
      assertThatThrownBy(() -> volumes.create("a")).isInstanceOf(UncheckedIOException.class);
      assertThatThrownBy(() -> volume.getData(0, new byte[1], 0, 1))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("read " + folder.resolve("a"));
    }
  }

  /** MapDB goes on with the rest of a short write where the write began. */
  @Test
  void shortWriteIntoPreparedSpaceIsNoticed() throws ReflectiveOperationException {
    Field channel = FileChannelVol.class.getDeclaredField("channel");
    channel.setAccessible(true);
    for (int taken = 1; taken < 64; taken++) {
      MapDbVolumes.FileVolume volume =
          new MapDbVolumes.FileVolume(folder.resolve("prepared" + taken));
      volume.putData(0, ByteBuffer.allocate(4096));
      ShortWrites file = new ShortWrites((FileChannel) channel.get(volume.volume));
      channel.set(volume.volume, file);
      byte[] data = new byte[64];
      new Random(taken).nextBytes(data);

      file.bytesMax = taken;

      assertThatThrownBy(() -> volume.putData(100, ByteBuffer.wrap(data)))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("short");
      volume.close();
    }
  }

  /** MapDB cannot make its own exceptions without Kotlin. */
  @Test
  void failedWriteAndSyncAreIoExceptions() {
    MapDbVolumes volumes = new MapDbVolumes(folder);
    Volume volume = volumes.create("a");
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> volume.putData(0, ByteBuffer.wrap(new byte[1])))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("write " + folder.resolve("a"));
    assertThat(Thread.interrupted()).isTrue();
    assertThatThrownBy(volume::sync)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("sync " + folder.resolve("a"));
    volume.close();
    volume.close();
    assertThatThrownBy(volume::length)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("is closed");
  }
}
