package io.raftkv.storage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How the log stands on disk. Everything is big endian.
 *
 * <pre>
 * record  | length 4 | crc 4 | previous crc 4 | type 4 | sequence 8 | batch 8 | body ... | to 8 bytes |
 * entry   | data length 4 | crc 4 | term 8 | cluster time 8 | kind 4 | data ... |
 * </pre>
 *
 * <p>The crc of a record covers the log's salt and everything else in it; the previous crc chains
 * it to the record before. The sequence numbers the records of a log through all its segments and
 * is never used twice for records that were synced. The batch is the sequence of the first record
 * written after the latest sync: a valid record proves that everything before its batch was durable
 * when it was written. That is how recovery tells a torn tail from damage although the pages of one
 * write reach the disk in any order.
 *
 * <p>The salt is drawn at random for each log, so that no value a client stores can look like a
 * record. Each entry has a crc of its own, which covers its index too, for readers.
 *
 * <p>Used by one thread.
 */
final class Records {
  static final int RECORD_HEADER_BYTES = 32;
  static final int ENTRY_HEADER_BYTES = 28;

  /** First index 8, count 4, nothing 4. */
  static final int ENTRIES_PREFIX_BYTES = 16;

  static final int SEGMENT = 1;
  static final int ENTRIES = 2;
  static final int HARD_STATE = 3;
  static final int TRUNCATE = 4;
  static final int SNAPSHOT_MARK = 5;

  static final int CRC = 4;
  static final int PREVIOUS_CRC = 8;
  static final int TYPE = 12;
  static final int SEQUENCE = 16;
  static final int BATCH = 24;

  private final CRC32C crc = new CRC32C();
  private final ByteBuffer prefix = ByteBuffer.allocate(12);

  static int aligned(int bytes) {
    return (bytes + 7) & ~7;
  }

  /** Bytes that a record with this body takes. */
  static int recordBytes(int bodyBytes) {
    return aligned(RECORD_HEADER_BYTES + bodyBytes);
  }

  /** Checksum of the record at {@code start}. Leaves position and limit where they are. */
  int recordCrc(long salt, ByteBuffer buffer, int start, int bodyBytes) {
    return crc(
        salt, bodyBytes, buffer, start + PREVIOUS_CRC, start + RECORD_HEADER_BYTES + bodyBytes);
  }

  /** Checksum of the entry at {@code start}. Leaves position and limit where they are. */
  int entryCrc(long index, ByteBuffer buffer, int start, int dataBytes) {
    return crc(index, dataBytes, buffer, start + 8, start + ENTRY_HEADER_BYTES + dataBytes);
  }

  private int crc(long first, int second, ByteBuffer buffer, int from, int toExclusive) {
    crc.reset();
    prefix.clear().putLong(first).putInt(second).flip();
    crc.update(prefix);
    int position = buffer.position();
    int limit = buffer.limit();
    buffer.limit(toExclusive).position(from);
    crc.update(buffer);
    buffer.limit(limit).position(position);
    return (int) crc.getValue();
  }
}
