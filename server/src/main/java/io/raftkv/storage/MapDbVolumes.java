package io.raftkv.storage;

import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.mapdb.DBException;
import org.mapdb.volume.FileChannelVol;

/**
 * Volumes of MapDB in a folder of the file system.
 *
 * <p>{@link FileChannelVol} writes at an offset and forces data and metadata. What it does not do
 * is done here: it never syncs a folder, and after a short write or read it goes on at the old
 * offset. Of a write that is noticed by reading both ends of it again: what came first has then
 * been written over by what came last, and the end is missing. Of a read it could not be noticed:
 * reads have a channel of their own. A failure of it can be a LinkageError, see below. Its {@code
 * ensureAvailable} and {@code initSize} are not used: they leave holes or write a KiB at a time.
 */
public final class MapDbVolumes implements VolumeFactory {
  /** A negative wait: no file lock per volume. The folder as a whole is locked by its owner. */
  private static final long NO_LOCK = -1;

  private static final int SLICE_SHIFT = 20;

  private final Path folder;

  /**
   * @param folder an existing folder
   */
  public MapDbVolumes(Path folder) {
    this.folder = folder;
  }

  @Override
  public Volume create(String name) {
    Path path = path(name);
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new UncheckedIOException(new FileAlreadyExistsException(path.toString()));
    }
    return new FileVolume(path);
  }

  @Override
  public Volume open(String name) {
    Path path = path(name);
    if (!exists(name)) {
      throw new UncheckedIOException(new NoSuchFileException(path.toString()));
    }
    return new FileVolume(path);
  }

  @Override
  public Volume openFromDisk(String name) {
    return DiskReads.open(path(name));
  }

  @Override
  public boolean exists(String name) {
    return Files.isRegularFile(path(name), LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public void delete(String name) {
    try {
      Files.delete(path(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<String> list() {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths
          .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
          .map(path -> String.valueOf(path.getFileName()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void rename(String from, String to) {
    try {
      Files.move(
          path(from),
          path(to),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void syncDirectory() {
    syncDirectory(folder);
  }

  /** Makes the names in a folder durable. */
  static void syncDirectory(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String location() {
    return folder.toString();
  }

  private Path path(String name) {
    return folder.resolve(name);
  }

  static final class FileVolume implements Volume {
    private final File file;
    final FileChannelVol volume;
    private final FileChannel reads;

    /** Set by the writer. Asking the file system costs as much as a read. */
    private volatile long knownLength;

    FileVolume(Path path) {
      file = path.toFile();
      try {
        volume = new FileChannelVol(file, false, NO_LOCK, SLICE_SHIFT, 0);
      } catch (DBException | LinkageError e) {
        throw failure("open", e);
      }
      try {
        reads = FileChannel.open(path, StandardOpenOption.READ);
        knownLength = reads.size();
      } catch (IOException e) {
        volume.close();
        throw failure("open", e);
      }
    }

    @Override
    public void putData(long offset, ByteBuffer data) {
      ByteBuffer written = data.duplicate();
      long end = offset + data.remaining();
      attempt("write", () -> volume.putData(offset, data));
      if (end > knownLength) {
        knownLength = length();
      }
      if (end > knownLength || !isAsWritten(offset, written)) {
        throw new UncheckedIOException(
            new IOException("write " + file + ": short, is the disk full?"));
      }
    }

    private boolean isAsWritten(long offset, ByteBuffer written) {
      if (written.remaining() < Long.BYTES) {
        return true;
      }
      long last = offset + written.remaining() - Long.BYTES;
      long[] found = new long[2];
      attempt(
          "read",
          () -> {
            found[0] = volume.getLong(offset);
            found[1] = volume.getLong(last);
          });
      return found[0] == written.getLong(written.position())
          && found[1] == written.getLong(written.limit() - Long.BYTES);
    }

    @Override
    public void getData(long offset, byte[] target, int from, int length) {
      if (offset + length > knownLength) {
        throw new UncheckedIOException(
            new EOFException("read " + file + ": it ends before " + (offset + length)));
      }
      ByteBuffer into = ByteBuffer.wrap(target, from, length);
      try {
        while (into.hasRemaining()) {
          if (reads.read(into, offset + into.position() - from) < 0) {
            throw new EOFException("it ends before " + (offset + length));
          }
        }
      } catch (IOException e) {
        throw failure("read", e);
      }
    }

    @Override
    public long length() {
      long[] length = new long[1];
      attempt("size of", () -> length[0] = volume.length());
      return length[0];
    }

    @Override
    public void truncate(long length) {
      attempt("truncate", () -> volume.truncate(length));
      knownLength = length();
    }

    @Override
    public void sync() {
      attempt("sync", volume::sync);
    }

    @Override
    public void close() {
      if (volume.isClosed()) {
        return;
      }
      try (FileChannel closed = reads) {
        attempt("close", volume::close);
      } catch (IOException e) {
        throw failure("close", e);
      }
    }

    private void attempt(String operation, Runnable action) {
      if (volume.isClosed()) {
        throw new UncheckedIOException(new IOException(operation + " " + file + ": is closed"));
      }
      try {
        action.run();
      } catch (DBException | LinkageError e) {
        throw failure(operation, e);
      }
    }

    private UncheckedIOException failure(String operation, IOException e) {
      return new UncheckedIOException(new IOException(operation + " " + file + ": " + e, e));
    }

    /**
     * MapDB's exceptions are written in Kotlin, which is not shipped: in place of an exception that
     * wraps the cause, its constructor throws a LinkageError that does not. So what can be said is
     * what was tried, and how full the disk is.
     */
    private UncheckedIOException failure(String operation, Throwable e) {
      String cause =
          e instanceof LinkageError
              ? "I/O error, " + freeBytes() + " bytes are free"
              : String.valueOf(e.getCause() == null ? e : e.getCause());
      return new UncheckedIOException(new IOException(operation + " " + file + ": " + cause, e));
    }

    /** Of the folder: the file may have another name by now. */
    private long freeBytes() {
      return file.getAbsoluteFile().getParentFile().getUsableSpace();
    }
  }
}
