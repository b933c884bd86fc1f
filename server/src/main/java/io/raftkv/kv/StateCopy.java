package io.raftkv.kv;

import static io.raftkv.kv.SnapshotReader.require;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Copies a state as {@link SnapshotWriter} wrote it, with revisions and ids of sessions that go on
 * further up, without holding it in memory. Its checksum, and the number of its records by kind,
 * are verified; what is in the records is left to {@link SnapshotReader}, when the copy is used.
 */
public final class StateCopy {
  /** A record's length and type. */
  private static final int HEAD_BYTES = Integer.BYTES + 1;

  private static final int BUFFER_BYTES = 128 << 10;

  /**
   * What was copied.
   *
   * @param appliedIndex of the last entry that the state includes
   * @param revision that the copy goes on from
   */
  public record Copied(long appliedIndex, long revision, long keys, long sessions) {}

  private final OutputStream to;
  private final SnapshotHeader header;
  private final CRC32C read = new CRC32C();
  private final CRC32C written = new CRC32C();
  private final ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);

  /** The end's own bytes, without its head. */
  private final ByteBuffer end = ByteBuffer.allocate(SnapshotWriter.END_LENGTH - 1);

  /** Of the record under way, without its head. */
  private int left;

  private byte type = SnapshotWriter.HEADER;
  private long records = 1;
  private long keys;
  private long sessions;

  private StateCopy(SnapshotHeader header, OutputStream to) {
    this.header = header;
    this.to = to;
  }

  /**
   * Copies the whole of a state.
   *
   * @param skipped how many revisions, and how many ids of sessions, are left out
   * @throws IOException if {@code from} cannot be read, is damaged or is no state; what was written
   *     is worth nothing then
   * @throws UncheckedIOException if {@code to} cannot be written
   */
  public static Copied copy(InputStream from, OutputStream to, long skipped) throws IOException {
    byte[] first = from.readNBytes(Integer.BYTES + SnapshotWriter.HEADER_LENGTH);
    require(first.length == Integer.BYTES + SnapshotWriter.HEADER_LENGTH, "it ends early");
    ByteBuffer in = ByteBuffer.wrap(first);
    int length = in.getInt();
    require(in.get() == SnapshotWriter.HEADER, "not a header");
    require(length == SnapshotWriter.HEADER_LENGTH, "it was written before there were backups");
    SnapshotHeader header = SnapshotHeader.read(in);
    return new StateCopy(header, to).copy(first, header.skipping(skipped), from);
  }

  private Copied copy(byte[] first, SnapshotHeader changed, InputStream from) throws IOException {
    read.update(first);
    ByteBuffer out = ByteBuffer.allocate(first.length);
    out.putInt(SnapshotWriter.HEADER_LENGTH).put(SnapshotWriter.HEADER);
    changed.writeTo(out);
    write(out.array(), 0, first.length);
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
      int copied = walk(buffer, count);
      read.update(buffer, 0, copied);
      write(buffer, 0, copied);
    }
    finish();
    return new Copied(changed.appliedIndex(), changed.revision(), keys, changed.sessions());
  }

  /** Passes over records; returns how many of the bytes come before the body of the end. */
  private int walk(byte[] bytes, int count) throws IOException {
    int at = 0;
    while (at < count) {
      if (type == SnapshotWriter.END) {
        int rest = count - at;
        require(rest <= end.remaining(), "bytes behind the end");
        end.put(bytes, at, rest);
        return at;
      }
      if (left > 0) {
        int passed = Math.min(left, count - at);
        at += passed;
        left -= passed;
      } else {
        head.put(bytes[at]);
        at++;
        if (!head.hasRemaining()) {
          begin(head.getInt(0), head.get(Integer.BYTES));
          head.clear();
        }
      }
    }
    return count;
  }

  private void begin(int length, byte next) throws IOException {
    require(length >= 1, "a record of length " + length);
    boolean isOfKey = keys > 0 && sessions == 0;
    boolean isInPlace =
        switch (next) {
          case SnapshotWriter.KEY -> sessions == 0;
          case SnapshotWriter.VALUE, SnapshotWriter.ATTACHED, SnapshotWriter.DELETED -> isOfKey;
          case SnapshotWriter.SESSION -> true;
          case SnapshotWriter.RESULT -> sessions > 0;
          case SnapshotWriter.END -> length == SnapshotWriter.END_LENGTH;
          default -> false;
        };
    require(isInPlace, "record " + next + " out of place");
    keys += next == SnapshotWriter.KEY ? 1 : 0;
    sessions += next == SnapshotWriter.SESSION ? 1 : 0;
    records++;
    type = next;
    left = length - 1;
  }

  private void finish() throws IOException {
    require(type == SnapshotWriter.END && !end.hasRemaining(), "it ends early");
    require(end.getLong(0) == records, "another number of records");
    require(keys == header.entries(), "another number of keys");
    require(sessions == header.sessions(), "another number of sessions");
    read.update(end.array(), 0, Long.BYTES);
    require(end.getInt(Long.BYTES) == (int) read.getValue(), "the checksum does not match");
    write(end.array(), 0, Long.BYTES);
    end.putInt(Long.BYTES, (int) written.getValue());
    write(end.array(), Long.BYTES, Integer.BYTES);
  }

  private void write(byte[] bytes, int from, int length) {
    written.update(bytes, from, length);
    try {
      to.write(bytes, from, length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
