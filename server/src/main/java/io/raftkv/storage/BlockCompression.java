package io.raftkv.storage;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Zstandard, if its library is in the class path and runs on this machine. */
final class BlockCompression {
  private static final Logger LOG = LoggerFactory.getLogger(BlockCompression.class);
  private static final boolean IS_AVAILABLE = probe();

  private BlockCompression() {}

  private static boolean probe() {
    try {
      return Zstd.compress(new byte[] {1}, BlockCompressor.LEVEL).length > 0;
    } catch (LinkageError e) {
      LOG.info("snapshots are not compressed: zstd is not available ({})", e.toString());
      return false;
    }
  }

  static boolean isAvailable() {
    return IS_AVAILABLE;
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
