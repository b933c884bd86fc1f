package io.raftkv.storage;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file as it stands on the disk: reads go past the cache of the file system, which would give
 * back what was written even if the disk no longer can. Where that cannot be done (some file
 * systems, in memory above all), they go through the cache. Only reads; used by one thread.
 */
final class DiskReads implements Volume {
  private final Path path;
  private final FileChannel channel;

  /** Reads start and end at multiples of this. 1 where the cache is used. */
  private final int blockBytes;

  private ByteBuffer buffer = ByteBuffer.allocateDirect(0);

  private DiskReads(Path path, FileChannel channel, int blockBytes) {
    this.path = path;
    this.channel = channel;
    this.blockBytes = blockBytes;
  }

  static DiskReads open(Path path) {
    try {
      int blockBytes = (int) Files.getFileStore(path).getBlockSize();
      return new DiskReads(
          path,
          FileChannel.open(path, StandardOpenOption.READ, ExtendedOpenOption.DIRECT),
          blockBytes);
    } catch (IOException | UnsupportedOperationException e) {
      return openCached(path);
    }
  }

  /** Through the cache. */
  static DiskReads openCached(Path path) {
    try {
      return new DiskReads(path, FileChannel.open(path, StandardOpenOption.READ), 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void getData(long offset, byte[] target, int from, int length) {
    long start = offset / blockBytes * blockBytes;
    int skipped = (int) (offset - start);
    int wanted = skipped + length;
    try {
      ByteBuffer into = buffer((wanted + blockBytes - 1) / blockBytes * blockBytes);
      while (into.position() < wanted) {
        // A direct read that ends within a block has met the end of the file.
        boolean isAtEnd = into.position() % blockBytes != 0;
        if (isAtEnd || channel.read(into, start + into.position()) <= 0) {
          throw new EOFException("it ends before " + (offset + length));
        }
      }
      into.get(skipped, target, from, length);
    } catch (IOException e) {
      throw new UncheckedIOException(new IOException("read " + path + ": " + e, e));
    }
  }

  /** Empty, and of this size. */
  private ByteBuffer buffer(int bytes) {
    if (buffer.capacity() < bytes) {
      buffer = ByteBuffer.allocateDirect(bytes + blockBytes).alignedSlice(blockBytes);
    }
    return buffer.clear().limit(bytes);
  }

  @Override
  public long length() {
    try {
      return channel.size();
    } catch (IOException e) {
      throw new UncheckedIOException(new IOException("size of " + path + ": " + e, e));
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(new IOException("close " + path + ": " + e, e));
    }
  }

  @Override
  public void putData(long offset, ByteBuffer data) {
    throw new UnsupportedOperationException("write " + path);
  }

  @Override
  public void truncate(long length) {
    throw new UnsupportedOperationException("truncate " + path);
  }

  @Override
  public void sync() {
    throw new UnsupportedOperationException("sync " + path);
  }
}
