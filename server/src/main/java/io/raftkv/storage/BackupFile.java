package io.raftkv.storage;

import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A snapshot that stands by itself, outside of any member's folder, in the form of {@link
 * SnapshotFormat}. Used by one thread.
 */
public final class BackupFile implements AutoCloseable {
  private final Volume volume;
  private final SnapshotReader reader;

  private BackupFile(Volume volume, SnapshotReader reader) {
    this.volume = volume;
    this.reader = reader;
  }

  /**
   * Makes a backup of a state; compressed where the library for it is there. Needs no more memory
   * than a few blocks.
   *
   * @param file takes the bytes of the file, in parts of {@link SnapshotFormat#BLOCK_BYTES} or
   *     little more, and may keep them; what it throws ends this
   */
  public static void write(
      long clusterId, SnapshotMeta meta, StateMachine.Frozen state, Consumer<byte[]> file)
      throws IOException {
    try (SnapshotWriter writer =
        new SnapshotWriter(file, clusterId, meta, BlockCompression.isAvailable())) {
      state.writeTo(writer);
      writer.finish();
    }
  }

  /**
   * Opens a backup and verifies its header.
   *
   * @return empty if the file is something else
   * @throws IOException if it is damaged, or of another version
   * @throws UncheckedIOException if it cannot be read
   */
  public static Optional<BackupFile> open(Path path) throws IOException {
    Volume volume = DiskReads.openCached(path);
    boolean isOpen = false;
    try {
      if (!SnapshotFormat.isMeant(volume)) {
        return Optional.empty();
      }
      BackupFile file = new BackupFile(volume, new SnapshotReader(volume));
      isOpen = true;
      return Optional.of(file);
    } finally {
      if (!isOpen) {
        volume.close();
      }
    }
  }

  /** The cluster that it was made in. */
  public long clusterId() {
    return reader.clusterId();
  }

  /** The last entry that it includes, and the members at that time. */
  public SnapshotMeta meta() {
    return reader.meta();
  }

  /**
   * The state. Each block is verified before its first byte is returned, and the end of the file at
   * the end; damage is an IOException.
   */
  public InputStream stream() {
    return reader;
  }

  @Override
  public void close() {
    volume.close();
  }
}
