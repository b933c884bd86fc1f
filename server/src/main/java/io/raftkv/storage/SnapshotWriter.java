package io.raftkv.storage;

import io.raftkv.raft.SnapshotMeta;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the state of a snapshot in blocks, see {@link SnapshotFormat}. For one thread; to be
 * closed, finished or not.
 */
final class SnapshotWriter extends OutputStream {
  private final Consumer<byte[]> file;

  /** Null: blocks are not compressed. */
  private final @Nullable BlockCompressor compressor;

  private final ByteBuffer block = ByteBuffer.allocateDirect(SnapshotFormat.BLOCK_BYTES);
  private long blocks;
  private long rawBytes;
  private long offset;
  private int total;

  /**
   * @param file takes the bytes of the file, part by part, and may keep them; fails with an {@link
   *     UncheckedIOException}
   */
  SnapshotWriter(Consumer<byte[]> file, long clusterId, SnapshotMeta meta, boolean isCompressed) {
    this.file = file;
    byte[] header = SnapshotFormat.encodeHeader(clusterId, meta, isCompressed);
    put(header);
    total = ByteBuffer.wrap(header).getInt(header.length - 4);
    // Last: what fails here leaves nothing to close.
    this.compressor = isCompressed ? new BlockCompressor(SnapshotFormat.BLOCK_BYTES) : null;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    try {
      int done = 0;
      while (done < length) {
        int count = Math.min(length - done, block.remaining());
        block.put(bytes, from + done, count);
        done += count;
        if (!block.hasRemaining()) {
          writeBlock();
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Writes what is left and the trailer. Fails as the file does.
   *
   * @return the length of the file
   */
  long finish() {
    writeBlock();
    put(SnapshotFormat.encodeTrailer(blocks, rawBytes, total));
    return offset;
  }

  /** Bytes of the state that were written. */
  long stateBytes() {
    return rawBytes;
  }

  @Override
  public void close() {
    if (compressor != null) {
      compressor.close();
    }
  }

  private void writeBlock() {
    block.flip();
    int length = block.remaining();
    if (length > 0) {
      ByteBuffer stored = compressor == null ? block : compressor.compressed(block);
      int crc = SnapshotFormat.blockCrc(blocks, length, stored);
      ByteBuffer out = ByteBuffer.allocate(SnapshotFormat.BLOCK_HEADER_BYTES + stored.remaining());
      out.putInt(length).putInt(stored.remaining()).putInt(crc).put(stored);
      put(out.array());
      total = SnapshotFormat.chain(total, crc);
      blocks++;
      rawBytes += length;
    }
    block.clear();
  }

  private void put(byte[] part) {
    file.accept(part);
    offset += part.length;
  }
}
