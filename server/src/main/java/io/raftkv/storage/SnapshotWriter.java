package io.raftkv.storage;

import io.raftkv.raft.SnapshotMeta;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Writes the state of a snapshot in blocks, see {@link SnapshotFormat}. Used by one thread. */
final class SnapshotWriter extends OutputStream {
  private final Consumer<byte[]> file;
  private final boolean isCompressed;
  private final byte[] block = new byte[SnapshotFormat.BLOCK_BYTES];
  private final byte[] compressed;
  private int blockLength;
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
    this.isCompressed = isCompressed;
    this.compressed =
        new byte[isCompressed ? BlockCompression.boundBytes(SnapshotFormat.BLOCK_BYTES) : 0];
    byte[] header = SnapshotFormat.encodeHeader(clusterId, meta, isCompressed);
    put(header);
    total = ByteBuffer.wrap(header).getInt(header.length - 4);
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
        int count = Math.min(length - done, block.length - blockLength);
        System.arraycopy(bytes, from + done, block, blockLength, count);
        blockLength += count;
        done += count;
        if (blockLength == block.length) {
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

  private void writeBlock() {
    if (blockLength == 0) {
      return;
    }
    int length =
        isCompressed ? BlockCompression.compress(block, blockLength, compressed) : blockLength;
    byte[] stored = length < blockLength ? compressed : block;
    int crc = SnapshotFormat.blockCrc(blocks, blockLength, stored, length);
    ByteBuffer out = ByteBuffer.allocate(SnapshotFormat.BLOCK_HEADER_BYTES + length);
    out.putInt(blockLength).putInt(length).putInt(crc).put(stored, 0, length);
    put(out.array());
    total = SnapshotFormat.chain(total, crc);
    blocks++;
    rawBytes += blockLength;
    blockLength = 0;
  }

  private void put(byte[] part) {
    file.accept(part);
    offset += part.length;
  }
}
