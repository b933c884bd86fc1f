package io.raftkv.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The lock on a data dir: a file that names the process that holds it. Used by one thread. */
final class FolderLock implements AutoCloseable {
  static final String NAME = "LOCK";

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Locks the folder, which exists.
   *
   * @throws DataDirException if a process holds it already, this one included
   */
  static FolderLock take(Path folder) throws IOException {
    Path path = folder.resolve(NAME);
    if (Files.isSymbolicLink(path)) {
      throw DataDirException.of(folder, "has a symbolic link in place of " + NAME);
    }
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean isLocked = false;
    try {
      isLocked = tryLock(channel) != null;
      if (!isLocked) {
        throw DataDirException.of(folder, "is locked by process " + owner(path));
      }
      String self = ProcessHandle.current().pid() + "\n";
      channel.truncate(0).write(ByteBuffer.wrap(self.getBytes(StandardCharsets.US_ASCII)), 0);
      return new FolderLock(channel);
    } finally {
      if (!isLocked) {
        channel.close();
      }
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process
    }
  }

  private static String owner(Path lock) throws IOException {
    String text = Files.readString(lock, StandardCharsets.ISO_8859_1).trim();
    return text.matches("\\d{1,10}") ? text : "unknown";
  }

  /** Unlocks the folder. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
