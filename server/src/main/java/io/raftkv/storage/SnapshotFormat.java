package io.raftkv.storage;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a snapshot stands in its file. Everything is big endian.
 *
 * <pre>
 * header  | magic 8 | format 4 | flags 4 | cluster id 8 | index 8 | term 8 |
 *         | length 4 | configuration ... | crc 4 |
 * block   | raw length 4 | stored length 4 | crc 4 | stored bytes ... |      as often as needed
 * trailer | 0 4 | blocks 8 | raw bytes 8 | crc 4 |                           and nothing behind
 * </pre>
 *
 * <p>The crc of a block covers its number, its lengths and its bytes; that of the trailer covers
 * its fields and the checksums of the header and all blocks. A block is compressed if it is stored
 * in fewer bytes than it has.
 */
final class SnapshotFormat {
  static final int FORMAT = 2;
  static final int FLAG_COMPRESSED = 1;
  static final int BLOCK_BYTES = 128 << 10;
  static final int BLOCK_HEADER_BYTES = 12;
  static final int TRAILER_BYTES = 24;

  /** "raftksnp". */
  private static final long MAGIC = 0x726166746b736e70L;

  private static final int HEADER_BYTES = 44;
  private static final int CONFIGURATION_BYTES_MAX = 1 << 20;

  private SnapshotFormat() {}

  /** A header as read: what it says, its size in bytes and its checksum. */
  record Header(long clusterId, SnapshotMeta meta, int bytes, int crc) {}

  static byte[] encodeHeader(long clusterId, SnapshotMeta meta, boolean isCompressed) {
    byte[] configuration = meta.configuration().encode();
    ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + configuration.length + 4);
    out.putLong(MAGIC).putInt(FORMAT).putInt(isCompressed ? FLAG_COMPRESSED : 0);
    out.putLong(clusterId);
    out.putLong(meta.last().index()).putLong(meta.last().term());
    out.putInt(configuration.length).put(configuration);
    out.putInt(crc(out.array(), out.position()));
    return out.array();
  }

  /** Whether the file begins as a snapshot does, damaged or not. */
  static boolean isMeant(Volume volume) {
    if (volume.length() < Long.BYTES) {
      return false;
    }
    byte[] magic = new byte[Long.BYTES];
    volume.getData(0, magic, 0, magic.length);
    return ByteBuffer.wrap(magic).getLong() == MAGIC;
  }

  static Header readHeader(Volume volume) throws IOException {
    try {
      byte[] fixed = new byte[HEADER_BYTES];
      volume.getData(0, fixed, 0, HEADER_BYTES);
      ByteBuffer in = ByteBuffer.wrap(fixed);
      if (in.getLong() != MAGIC) {
        throw new IOException("not a snapshot");
      }
      int format = in.getInt();
      if (format != FORMAT) {
        throw new IOException("format " + format + " of another version");
      }
      in.getInt();
      long clusterId = in.getLong();
      EntryId last = new EntryId(in.getLong(), in.getLong());
      int length = in.getInt();
      if (length < 0 || length > CONFIGURATION_BYTES_MAX) {
        throw new IOException("bad header");
      }
      byte[] header = new byte[HEADER_BYTES + length + 4];
      volume.getData(0, header, 0, header.length);
      int crc = ByteBuffer.wrap(header).getInt(HEADER_BYTES + length);
      if (crc != crc(header, HEADER_BYTES + length)) {
        throw new IOException("bad header");
      }
      byte[] configuration = new byte[length];
      System.arraycopy(header, HEADER_BYTES, configuration, 0, length);
      SnapshotMeta meta = new SnapshotMeta(last, Configuration.decode(configuration));
      return new Header(clusterId, meta, header.length, crc);
    } catch (UncheckedIOException e) {
      throw new IOException("header cannot be read: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException("header with a bad configuration: " + e.getMessage(), e);
    }
  }

  static int blockCrc(long number, int rawLength, ByteBuffer stored) {
    CRC32C crc = new CRC32C();
    int length = stored.remaining();
    crc.update(ByteBuffer.allocate(16).putLong(number).putInt(rawLength).putInt(length).flip());
    crc.update(stored.duplicate());
    return (int) crc.getValue();
  }

  /** Adds a block's checksum to that of the file. */
  static int chain(int total, int blockCrc) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(8).putInt(total).putInt(blockCrc).flip());
    return (int) crc.getValue();
  }

  static byte[] encodeTrailer(long blocks, long rawBytes, int total) {
    ByteBuffer out = ByteBuffer.allocate(TRAILER_BYTES);
    out.putInt(0).putLong(blocks).putLong(rawBytes);
    return out.putInt(chain(total, crc(out.array(), out.position()))).array();
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
