package io.raftkv.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that appears when it is complete: written beside its place, synced, then renamed. Until
 * {@link #finish}, what stood there before still stands there. A device or a pipe is written
 * directly, since a rename would replace it.
 */
final class WholeFile implements AutoCloseable {
  private final Path target;
  private final @Nullable Path temporary;
  private final FileChannel channel;
  private final OutputStream out;
  private boolean isFinished;

  private WholeFile(Path target, @Nullable Path temporary, FileChannel channel) {
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
    this.out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
  }

  static WholeFile create(String name) throws IOException {
    Path path = Path.of(name);
    // Through a link, the file it names is replaced and the link stays.
    Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    if (Files.isDirectory(target)) {
      throw CliException.invalid(name + ": is a directory");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      return new WholeFile(target, null, FileChannel.open(target, StandardOpenOption.WRITE));
    }
    String suffix = "." + ProcessHandle.current().pid() + ".part";
    Path temporary = target.resolveSibling("." + target.getFileName() + suffix);
    FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    // Also after Ctrl-C.
    temporary.toFile().deleteOnExit();
    return new WholeFile(target, temporary, channel);
  }

  /** Where its bytes go. */
  OutputStream stream() {
    return out;
  }

  void write(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** Puts the file into its place; it is on disk on return. */
  void finish() throws IOException {
    out.flush();
    if (temporary != null) {
      channel.force(true);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      syncFolder();
    }
    isFinished = true;
  }

  private void syncFolder() throws IOException {
    Path folder = target.getParent();
    if (folder != null) {
      try (FileChannel opened = FileChannel.open(folder, StandardOpenOption.READ)) {
        opened.force(true);
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (!isFinished && temporary != null) {
      Files.deleteIfExists(temporary);
    }
  }
}
