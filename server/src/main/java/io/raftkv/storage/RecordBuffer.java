package io.raftkv.storage;

import static io.raftkv.storage.Records.RECORD_HEADER_BYTES;

import io.raftkv.raft.Invariant;
import io.raftkv.raft.LogEntry;
import java.nio.ByteBuffer;

/**
 * Records of the log that are in no file yet, in one direct buffer that grows as it must. Each
 * continues the sequence and the chain of checksums of the {@link LogTail}. Confined to the writer.
 */
final class RecordBuffer {
  private static final int BYTES_MIN = 64 << 10;

  private final LogTail tail;
  private final Records records = new Records();
  private ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES_MIN);

  /** Of the record under way. */
  private int start;

  RecordBuffer(LogTail tail) {
    this.tail = tail;
  }

  int size() {
    return buffer.position();
  }

  /**
   * Starts a record.
   *
   * @param batch sequence of the first record since the latest sync
   * @return takes the body; then {@link #end}
   */
  ByteBuffer begin(int type, int bodyBytes, long batch) {
    int recordBytes = Records.recordBytes(bodyBytes);
    if (buffer.remaining() < recordBytes) {
      int capacity = Math.max(2 * buffer.capacity(), buffer.position() + recordBytes);
      buffer = ByteBuffer.allocateDirect(capacity).put(buffer.flip());
    }
    start = buffer.position();
    buffer.putInt(bodyBytes).putInt(0).putInt(tail.crc).putInt(type);
    return buffer.putLong(tail.sequence).putLong(batch);
  }

  /**
   * Adds an entry to the record under way.
   *
   * @return where it starts in the buffer
   */
  int put(LogEntry entry) {
    int at = buffer.position();
    byte[] data = entry.data();
    buffer.putInt(data.length).putInt(0).putLong(entry.term());
    buffer.putLong(entry.clusterTimeMillis()).putInt(entry.kind().code()).put(data);
    buffer.putInt(at + 4, records.entryCrc(entry.index(), buffer, at, data.length));
    return at;
  }

  /** Completes the record. */
  void end() {
    int bodyBytes = buffer.getInt(start);
    Invariant.check(
        buffer.position() == start + RECORD_HEADER_BYTES + bodyBytes,
        "record of %d bytes",
        bodyBytes);
    chain(buffer, start, tail.salt);
    while (buffer.position() % 8 != 0) {
      buffer.put((byte) 0);
    }
  }

  /** The record with which a segment begins; in a buffer of its own. */
  ByteBuffer first(SegmentHeader header) {
    ByteBuffer out = ByteBuffer.allocateDirect(SegmentHeader.RECORD_BYTES);
    out.putInt(SegmentHeader.BODY_BYTES).putInt(0).putInt(tail.crc).putInt(Records.SEGMENT);
    out.putLong(tail.sequence).putLong(tail.sequence);
    header.encode(out);
    // The salt is not known before the header is read, so the header itself goes without.
    chain(out, 0, 0);
    return out.flip();
  }

  private void chain(ByteBuffer in, int at, long salt) {
    tail.crc = records.recordCrc(salt, in, at, in.getInt(at));
    tail.sequence++;
    in.putInt(at + Records.CRC, tail.crc);
  }

  /**
   * Writes all of it, and is empty then.
   *
   * @return how many bytes
   */
  int writeTo(Volume volume, int position) {
    int length = buffer.flip().remaining();
    volume.putData(position, buffer);
    buffer.clear();
    return length;
  }
}
