package io.raftkv.storage;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;

/**
 * Compresses one block after the other. Only where {@link BlockCompression#isAvailable}; for one
 * thread; to be closed.
 *
 * <p>All blocks share one context: to allocate its tables for each took a fifth of the time. And
 * blocks are outside the heap, for the library reads an array in a critical section, during which
 * nobody's garbage is collected.
 */
final class BlockCompressor implements AutoCloseable {
  static final int LEVEL = 1;

  private final ZstdCompressCtx context = new ZstdCompressCtx().setLevel(LEVEL);
  private final ByteBuffer compressed;

  BlockCompressor(int blockBytesMax) {
    compressed = ByteBuffer.allocateDirect((int) Zstd.compressBound(blockBytesMax));
  }

  /**
   * Returns the compressed block, good until the next one is compressed, or the block itself if it
   * does not become shorter.
   *
   * @param block a direct buffer
   */
  ByteBuffer compressed(ByteBuffer block) {
    compressed.clear();
    int length =
        context.compressDirectByteBuffer(
            compressed, 0, compressed.capacity(), block, block.position(), block.remaining());
    return length < block.remaining() ? compressed.limit(length) : block;
  }

  @Override
  public void close() {
    context.close();
  }
}
