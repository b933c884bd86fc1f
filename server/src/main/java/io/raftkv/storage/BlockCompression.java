package io.raftkv.storage;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Zstandard, if its library is in the class path and runs on this machine. */
final class BlockCompression {
  private static final Logger LOG = LoggerFactory.getLogger(BlockCompression.class);
  private static final int LEVEL = 1;
  private static final boolean IS_AVAILABLE = probe();

  private BlockCompression() {}

  private static boolean probe() {
    try {
      return Zstd.compressBound(1) > 0 && Zstd.compress(new byte[] {1}, LEVEL).length > 0;
    } catch (LinkageError e) {
      LOG.info("snapshots are not compressed: zstd is not available ({})", e.toString());
      return false;
    }
  }

  static boolean isAvailable() {
    return IS_AVAILABLE;
  }

  /** What a block of this length may take, compressed. */
  static int boundBytes(int length) {
    return (int) Zstd.compressBound(length);
  }

  /**
   * Compresses a block.
   *
   * @param target has room for {@link #boundBytes}
   * @return the length; that of the block if it does not become shorter, and {@code target} is
   *     worth nothing then
   */
  static int compress(byte[] bytes, int length, byte[] target) {
    long size = Zstd.compressByteArray(target, 0, target.length, bytes, 0, length, LEVEL);
    return size >= length ? length : (int) size;
  }

  /** Fails if what is compressed cannot be read here. */
  static void require() throws IOException {
    if (!IS_AVAILABLE) {
      throw new IOException("the snapshot is compressed and zstd is not available");
    }
  }

  /** Decompresses a block that had {@code rawLength} bytes. */
  static void decompress(byte[] bytes, int length, byte[] target, int rawLength)
      throws IOException {
    require();
    long size;
    try {
      size = Zstd.decompressByteArray(target, 0, rawLength, bytes, 0, length);
    } catch (RuntimeException e) {
      // The library's own: named here, it would have to be there for this class to be loaded.
      throw new IOException("compressed block does not decompress: " + e.getMessage(), e);
    }
    if (size != rawLength) {
      throw new IOException("compressed block of another length");
    }
  }
}
