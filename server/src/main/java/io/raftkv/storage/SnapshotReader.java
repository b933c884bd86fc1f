package io.raftkv.storage;

import io.raftkv.raft.SnapshotMeta;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the state of a snapshot back. No byte of a block is returned before the block is verified,
 * and the end not before the whole file is. Used by one thread.
 */
final class SnapshotReader extends InputStream {
  private static final byte[] NONE = {};

  private final Volume volume;
  private final SnapshotFormat.Header header;

  /** The bytes of the block under way as they stand in the file, verified. */
  private byte[] stored = NONE;

  private byte[] inflated = NONE;
  private int storedLength;
  private int blockLength;

  /** Where the bytes of the block are: as stored or inflated. Null until one of them is read. */
  private byte @Nullable [] block;

  private int position;
  private long blocks;
  private long rawBytes;
  private long offset;
  private int total;
  private boolean isAtEnd;

  SnapshotReader(Volume volume) throws IOException {
    this.volume = volume;
    header = SnapshotFormat.readHeader(volume);
    offset = header.bytes();
    total = header.crc();
  }

  long clusterId() {
    return header.clusterId();
  }

  SnapshotMeta meta() {
    return header.meta();
  }

  /** Bytes of the state, as far as it was read or verified. */
  long stateBytes() {
    return rawBytes;
  }

  /** Verifies what stands in the file, up to its end; nothing is decompressed. */
  void verify() throws IOException {
    while (!isAtEnd) {
      readBlock();
    }
  }

  /**
   * Verifies some more, block by block.
   *
   * @param bytesMax of the file, after which it stops; one block at least
   * @return the bytes verified; 0 once all of it is
   */
  long verify(long bytesMax) throws IOException {
    long start = offset;
    while (!isAtEnd && offset - start < bytesMax) {
      readBlock();
    }
    return offset - start;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (position == blockLength && !isAtEnd) {
      readBlock();
    }
    if (isAtEnd) {
      return -1;
    }
    int count = Math.min(length, blockLength - position);
    System.arraycopy(inflated(), position, target, from, count);
    position += count;
    return count;
  }

  /** The bytes of the block under way; whoever only verifies does not ask for them. */
  private byte[] inflated() throws IOException {
    if (block == null) {
      if (storedLength < blockLength) {
        inflated = room(inflated, blockLength);
        BlockCompression.decompress(stored, storedLength, inflated, blockLength);
        block = inflated;
      } else {
        block = stored;
      }
    }
    return block;
  }

  @Override
  public int available() {
    return blockLength - position;
  }

  private void readBlock() throws IOException {
    try {
      byte[] head = new byte[SnapshotFormat.BLOCK_HEADER_BYTES];
      volume.getData(offset, head, 0, head.length);
      ByteBuffer in = ByteBuffer.wrap(head);
      int rawLength = in.getInt();
      if (rawLength == 0) {
        readTrailer();
        return;
      }
      int length = in.getInt();
      if (rawLength < 0
          || rawLength > SnapshotFormat.BLOCK_BYTES
          || length < 0
          || length > rawLength) {
        throw damaged("block with bad lengths");
      }
      if (length < rawLength) {
        BlockCompression.require();
      }
      offset += head.length;
      stored = room(stored, length);
      volume.getData(offset, stored, 0, length);
      int crc = in.getInt();
      if (crc != SnapshotFormat.blockCrc(blocks, rawLength, ByteBuffer.wrap(stored, 0, length))) {
        throw damaged("block with a bad checksum");
      }
      offset += length;
      storedLength = length;
      blockLength = rawLength;
      block = null;
      position = 0;
      blocks++;
      rawBytes += rawLength;
      total = SnapshotFormat.chain(total, crc);
    } catch (UncheckedIOException e) {
      throw new IOException("snapshot cannot be read at " + offset + ": " + e.getMessage(), e);
    }
  }

  private void readTrailer() throws IOException {
    byte[] trailer = new byte[SnapshotFormat.TRAILER_BYTES];
    volume.getData(offset, trailer, 0, trailer.length);
    if (!Arrays.equals(trailer, SnapshotFormat.encodeTrailer(blocks, rawBytes, total))) {
      throw damaged("end with a bad checksum");
    }
    if (volume.length() != offset + trailer.length) {
      throw damaged("bytes behind the end");
    }
    isAtEnd = true;
    blockLength = 0;
    position = 0;
  }

  private static byte[] room(byte[] array, int length) {
    return array.length < length ? new byte[length] : array;
  }

  private IOException damaged(String what) {
    return new IOException("snapshot is damaged at offset " + offset + ": " + what);
  }
}
