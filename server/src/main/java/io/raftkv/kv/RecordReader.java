package io.raftkv.kv;

import static io.raftkv.kv.SnapshotReader.require;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Takes apart the records that {@link SnapshotWriter} wrote, block by block, so that a number is
 * one access to memory and no call. A length allocates no more than the stream then delivers.
 */
final class RecordReader {
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream from;
  private final CRC32C crc = new CRC32C();

  /** Between position and limit: what was read from the stream and not from here. */
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

  /** Where in the buffer the bytes begin that the checksum does not cover yet. */
  private int unchecked;

  private int length;
  private long records;

  RecordReader(InputStream from) {
    this.from = from;
  }

  /** Goes on to the next record, whatever is left of the one before being taken for it. */
  byte next() throws IOException {
    need(Integer.BYTES + 1);
    length = buffer.getInt();
    require(length >= 1, "a record of length " + length);
    records++;
    return buffer.get();
  }

  /** Of the record under way, with its type. */
  int length() {
    return length;
  }

  long number() throws IOException {
    need(Long.BYTES);
    return buffer.getLong();
  }

  byte[] bytes(int count) throws IOException {
    if (count > BUFFER_BYTES) {
      return manyBytes(count);
    }
    need(count);
    byte[] bytes = new byte[count];
    buffer.get(bytes);
    return bytes;
  }

  private byte[] manyBytes(int count) throws IOException {
    byte[] buffered = bytes(buffer.remaining());
    check();
    // Grows with what arrives, whatever the length says.
    byte[] rest = from.readNBytes(count - buffered.length);
    require(rest.length == count - buffered.length, "it ends early");
    crc.update(rest);
    byte[] bytes = Arrays.copyOf(buffered, count);
    System.arraycopy(rest, 0, bytes, buffered.length, rest.length);
    return bytes;
  }

  /** Reads what is left of the record that ends them all, and verifies what it says. */
  void end() throws IOException {
    require(length == SnapshotWriter.END_LENGTH, "an end of another length");
    require(number() == records, "another number of records");
    check();
    need(Integer.BYTES);
    require(buffer.getInt() == (int) crc.getValue(), "the checksum does not match");
    // Also lets the layer below see its own end, and check it.
    require(!buffer.hasRemaining() && from.read(buffer.array()) < 0, "bytes behind the end");
  }

  /** Covers what was read from the buffer. */
  private void check() {
    crc.update(buffer.array(), unchecked, buffer.position() - unchecked);
    unchecked = buffer.position();
  }

  /** Afterwards the buffer holds so many bytes. */
  private void need(int count) throws IOException {
    if (buffer.remaining() < count) {
      fill(count);
    }
  }

  private void fill(int count) throws IOException {
    check();
    buffer.compact();
    unchecked = 0;
    while (buffer.position() < count) {
      int read = from.read(buffer.array(), buffer.position(), buffer.remaining());
      require(read >= 0, "it ends early");
      buffer.position(buffer.position() + read);
    }
    buffer.flip();
  }
}
