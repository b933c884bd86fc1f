package io.raftkv.storage;

import io.raftkv.raft.SnapshotMeta;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Reads the state of a snapshot back. No byte of a block is returned before the block is verified,
 * and the end not before the whole file is. Used by one thread.
 */
final class SnapshotReader extends InputStream {
  private final Volume volume;
  private final SnapshotFormat.Header header;
  private byte[] block = new byte[0];
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

  /** Reads to the end, and so verifies everything that was not read yet. */
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
    if (position == block.length && !isAtEnd) {
      readBlock();
    }
    if (isAtEnd) {
      return -1;
    }
    int count = Math.min(length, block.length - position);
    System.arraycopy(block, position, target, from, count);
    position += count;
    return count;
  }

  @Override
  public int available() {
    return block.length - position;
  }

  private void readBlock() throws IOException {
    try {
      byte[] head = get(SnapshotFormat.BLOCK_HEADER_BYTES);
      ByteBuffer in = ByteBuffer.wrap(head);
      int rawLength = in.getInt();
      if (rawLength == 0) {
        readTrailer();
        return;
      }
      int storedLength = in.getInt();
      if (rawLength < 0
          || rawLength > SnapshotFormat.BLOCK_BYTES
          || storedLength < 0
          || storedLength > rawLength) {
        throw damaged("block with bad lengths");
      }
      offset += head.length;
      byte[] stored = get(storedLength);
      int crc = in.getInt();
      if (crc != SnapshotFormat.blockCrc(blocks, rawLength, stored, storedLength)) {
        throw damaged("block with a bad checksum");
      }
      offset += storedLength;
      block = storedLength < rawLength ? BlockCompression.decompress(stored, rawLength) : stored;
      position = 0;
      blocks++;
      rawBytes += rawLength;
      total = SnapshotFormat.chain(total, crc);
    } catch (UncheckedIOException e) {
      throw new IOException("snapshot cannot be read at " + offset + ": " + e.getMessage(), e);
    }
  }

  private void readTrailer() throws IOException {
    byte[] trailer = get(SnapshotFormat.TRAILER_BYTES);
    if (!Arrays.equals(trailer, SnapshotFormat.encodeTrailer(blocks, rawBytes, total))) {
      throw damaged("end with a bad checksum");
    }
    if (volume.length() != offset + trailer.length) {
      throw damaged("bytes behind the end");
    }
    isAtEnd = true;
    block = new byte[0];
    position = 0;
  }

  private byte[] get(int length) {
    byte[] bytes = new byte[length];
    volume.getData(offset, bytes, 0, length);
    return bytes;
  }

  private IOException damaged(String what) {
    return new IOException("snapshot is damaged at offset " + offset + ": " + what);
  }
}
