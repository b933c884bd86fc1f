package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The segment that is made ahead of need is used, also by a later process. */
final class SpareSegmentTest {
  private static final int SEGMENT_BYTES = 4096;

  @TempDir Path folder;

  private SegmentedLog open(int segmentBytes) {
    Identity identity = new Identity(7, new MemberId(1));
    return new SegmentedLog(new MapDbVolumes(folder), identity, segmentBytes, 99, Runnable::run);
  }

  private static void append(SegmentedLog log, int bytes) {
    long index = log.lastIndex() + 1;
    log.append(List.of(new LogEntry(index, 1, LogEntry.Kind.COMMAND, index, new byte[bytes])));
    log.sync();
  }

  /** Tells a file from any other, whatever it is called. */
  private Object file(String name) throws IOException {
    return Files.readAttributes(folder.resolve(name), BasicFileAttributes.class).fileKey();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void outlivesTheProcessThatMadeIt() throws IOException {
    open(SEGMENT_BYTES).close();
    Object spare = file("spare");

    try (SegmentedLog log = open(SEGMENT_BYTES)) {
      assertThat(file("spare")).isEqualTo(spare);
      append(log, 2000);
      append(log, 3000);
      assertThat(file(names().get(2))).isEqualTo(spare);
      assertThat(file("spare")).isNotEqualTo(spare);
    }
    assertThat(names()).hasSize(3).last().asString().startsWith("wal-");
  }

  @Test
  void isMadeAnewIfSegmentsAreOfAnotherSizeNow() throws IOException {
    open(SEGMENT_BYTES).close();

    try (SegmentedLog log = open(2 * SEGMENT_BYTES)) {
      append(log, 1000);
      assertThat(Files.size(folder.resolve("spare"))).isEqualTo(2 * SEGMENT_BYTES);
    }
  }

  /** A crash between the sync of the header and the rename. */
  @Test
  void mayHoldAHeaderThatWasNeverUsed() throws IOException {
    open(SEGMENT_BYTES).close();
    byte[] header = Files.readAllBytes(folder.resolve(names().get(1)));
    try (FileChannel spare = FileChannel.open(folder.resolve("spare"), StandardOpenOption.WRITE)) {
      spare.write(ByteBuffer.wrap(header), 0);
    }

    try (SegmentedLog log = open(SEGMENT_BYTES)) {
      append(log, 2000);
      append(log, 3000);
    }
    try (SegmentedLog log = open(SEGMENT_BYTES)) {
      assertThat(log.lastIndex()).isEqualTo(2);
      assertThat(log.read(1, 3, Long.MAX_VALUE)).hasSize(2);
    }
  }
}
