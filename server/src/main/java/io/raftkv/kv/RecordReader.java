package io.raftkv.kv;

import static io.raftkv.kv.SnapshotReader.require;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Takes apart the records that {@link SnapshotWriter} wrote, out of blocks. A length allocates no
 * more than the stream then delivers.
 *
 * <p>It runs once, while a member starts and little is compiled yet: so there are plain arrays here
 * and small methods, and no call for each number of a record.
 */
final class RecordReader {
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream from;
  private final CRC32C crc = new CRC32C();

  /** From position to limit: what was read from the stream and not from here. */
  private final byte[] buffer = new byte[BUFFER_BYTES];

  private int position;
  private int limit;

  /** Where the bytes begin that the checksum does not cover yet. */
  private int unchecked;

  private int length;
  private long records;

  RecordReader(InputStream from) {
    this.from = from;
  }

  /**
   * Goes on to the next record; the one before was read to its end.
   *
   * @return its type
   */
  byte next() throws IOException {
    need(Integer.BYTES + 1);
    length = int32();
    require(length >= 1, "a record of length " + length);
    records++;
    byte type = buffer[position++];
    need(Math.min(length - 1, BUFFER_BYTES));
    return type;
  }

  /** Of the record under way, with its type. */
  int length() {
    return length;
  }

  /** The next number of the record under way, whose length was found to allow for it. */
  long number() {
    return (long) int32() << Integer.SIZE | int32() & 0xFFFF_FFFFL;
  }

  private int int32() {
    byte[] bytes = buffer;
    int at = position;
    position = at + Integer.BYTES;
    return bytes[at] << 24
        | (bytes[at + 1] & 0xFF) << 16
        | (bytes[at + 2] & 0xFF) << 8
        | bytes[at + 3] & 0xFF;
  }

  /** The next bytes of the record under way, whose length was found to allow for them. */
  byte[] bytes(int count) throws IOException {
    if (count > limit - position) {
      return manyBytes(count);
    }
    byte[] bytes = Arrays.copyOfRange(buffer, position, position + count);
    position += count;
    return bytes;
  }

  private byte[] manyBytes(int count) throws IOException {
    int buffered = limit - position;
    byte[] first = bytes(buffered);
    check();
    // Grows with what arrives, whatever the length says.
    byte[] rest = from.readNBytes(count - buffered);
    require(rest.length == count - buffered, "it ends early");
    crc.update(rest);
    byte[] bytes = Arrays.copyOf(first, count);
    System.arraycopy(rest, 0, bytes, buffered, rest.length);
    return bytes;
  }

  /** Reads what is left of the record that ends them all, and verifies what it says. */
  void end() throws IOException {
    require(length == SnapshotWriter.END_LENGTH, "an end of another length");
    require(number() == records, "another number of records");
    check();
    require(int32() == (int) crc.getValue(), "the checksum does not match");
    // Also lets the layer below see its own end, and check it.
    require(position == limit && from.read(buffer) < 0, "bytes behind the end");
  }

  /** Covers what was read from the buffer. */
  private void check() {
    crc.update(buffer, unchecked, position - unchecked);
    unchecked = position;
  }

  /** Afterwards the buffer holds so many bytes, at most as many as it has room for. */
  private void need(int count) throws IOException {
    if (count > limit - position) {
      fill(count);
    }
  }

  private void fill(int count) throws IOException {
    check();
    System.arraycopy(buffer, position, buffer, 0, limit - position);
    limit -= position;
    position = 0;
    unchecked = 0;
    while (limit < count) {
      int read = from.read(buffer, limit, BUFFER_BYTES - limit);
      require(read >= 0, "it ends early");
      limit += read;
    }
  }
}
