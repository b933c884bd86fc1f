package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the test is as large as it is: it is the reserve that changes. */
final class DiskSpaceTest {
  @TempDir Path folder;
  private final AtomicLong reserveBytes = new AtomicLong(1);
  private final AtomicLong logBytes = new AtomicLong(Long.MAX_VALUE);

  /** How often it was told that there is room. */
  private final AtomicInteger roomy = new AtomicInteger();

  private long totalBytes;

  @BeforeEach
  void measure() throws IOException {
    totalBytes = Files.getFileStore(folder).getTotalSpace();
  }

  private DiskSpace looked(long reserve) {
    reserveBytes.set(reserve);
    DiskSpace disk =
        new DiskSpace(folder, reserveBytes::get, logBytes::get, roomy::incrementAndGet);
    disk.run();
    return disk;
  }

  @Test
  void diskWithRoomRaisesNoAlarm() {
    DiskSpace disk = looked(1);

    assertThat(disk.isFull()).isFalse();
    assertThat(disk.alarms()).isEmpty();
    assertThat(disk.freeBytes()).isBetween(1L, totalBytes);
  }

  @Test
  void diskIsLowBeforeItIsFull() {
    DiskSpace disk = looked(looked(1).freeBytes() * 2 / 3);

    assertThat(disk.isFull()).isFalse();
    assertThat(disk.alarms()).singleElement().asString().startsWith("DISK_LOW: ");
  }

  @Test
  void diskIsFullWhileTheReserveIsNotThere() {
    DiskSpace disk = looked(totalBytes + 1);

    assertThat(disk.isFull()).isTrue();
    assertThat(disk.alarms()).singleElement().asString().startsWith("DISK_FULL: ");
    assertThat(roomy).hasValue(0);

    reserveBytes.set(1);
    disk.run();

    assertThat(disk.isFull()).isFalse();
    assertThat(roomy).hasValue(1);
  }

  @Test
  void logWithoutNextFileOnADiskWithRoomIsToldApart() {
    DiskSpace disk = looked(1);
    logBytes.set(4096);

    assertThat(disk.isFull()).isFalse();
    assertThat(disk.alarms())
        .singleElement()
        .asString()
        .startsWith("LOG_FILE: ")
        .contains(" 4096 bytes");

    reserveBytes.set(totalBytes + 1);
    disk.run();

    assertThat(disk.alarms()).singleElement().asString().startsWith("DISK_FULL: ");
  }

  @Test
  void memoryIsNeverFull() {
    assertThat(new DiskSpace(folder, () -> Long.MAX_VALUE, () -> 0, () -> {}).isFull()).isFalse();
  }
}
