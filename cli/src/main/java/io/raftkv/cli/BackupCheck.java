package io.raftkv.cli;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Reads a backup as the servers write it, big endian, and checks every byte of it; what is in the
 * blocks, which may be compressed, is the servers' affair.
 *
 * <pre>
 * header  | magic 8 | format 4 | flags 4 | cluster id 8 | index 8 | term 8 |
 *         | length 4 | configuration ... | crc 4 |
 * block   | raw length 4 | stored length 4 | crc 4 | stored bytes ... |      as often as needed
 * trailer | 0 4 | blocks 8 | raw bytes 8 | crc 4 |                           and nothing behind
 * </pre>
 *
 * <p>The crc of a block covers its number, its lengths and its bytes; that of the trailer covers
 * its fields and the checksums of the header and all blocks.
 */
final class BackupCheck {
  /** "raftksnp". */
  private static final long MAGIC = 0x726166746b736e70L;

  private static final int FORMAT = 2;
  private static final int HEADER_BYTES = 44;
  private static final int CONFIGURATION_BYTES_MAX = 1 << 20;
  private static final int BLOCK_BYTES_MAX = 128 << 10;

  /** What a sound backup says of itself. */
  record Found(long clusterId, long index, long bytes) {}

  private final String file;

  /** Where it is in the file. */
  private long offset;

  BackupCheck(String file) {
    this.file = file;
  }

  /**
   * Reads it to its end.
   *
   * @throws CliException if it is damaged, or no backup
   * @throws IOException if it cannot be read
   */
  Found run() throws IOException {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      return run(in);
    } catch (EOFException e) {
      throw damaged("it ends early");
    }
  }

  private Found run(InputStream in) throws IOException {
    byte[] magic = in.readNBytes(Long.BYTES);
    if (magic.length < Long.BYTES || ByteBuffer.wrap(magic).getLong() != MAGIC) {
      throw CliException.invalid(file + ": is no backup of raftkv");
    }
    ByteBuffer fixed = ByteBuffer.allocate(HEADER_BYTES).put(magic);
    read(in, fixed.array(), Long.BYTES, HEADER_BYTES - Long.BYTES);
    fixed.clear().position(Long.BYTES);
    int format = fixed.getInt();
    if (format != FORMAT) {
      throw CliException.invalid(
          file + ": is of format " + format + "; use the kvctl of the version that wrote it");
    }
    fixed.getInt();
    long clusterId = fixed.getLong();
    long index = fixed.getLong();
    int total = checkHeader(in, fixed);
    checkBlocks(in, total);
    return new Found(clusterId, index, offset);
  }

  /** Returns its checksum. */
  private int checkHeader(InputStream in, ByteBuffer fixed) throws IOException {
    int length = fixed.getInt(HEADER_BYTES - Integer.BYTES);
    if (length < 0 || length > CONFIGURATION_BYTES_MAX) {
      throw damaged("bad header");
    }
    ByteBuffer rest = ByteBuffer.allocate(length + Integer.BYTES);
    read(in, rest.array(), 0, rest.capacity());
    CRC32C crc = new CRC32C();
    crc.update(fixed.array());
    crc.update(rest.array(), 0, length);
    if (rest.getInt(length) != (int) crc.getValue()) {
      throw damaged("bad header");
    }
    offset = HEADER_BYTES + rest.capacity();
    return (int) crc.getValue();
  }

  private void checkBlocks(InputStream in, int headerCrc) throws IOException {
    int total = headerCrc;
    long blocks = 0;
    long rawBytes = 0;
    ByteBuffer head = ByteBuffer.allocate(3 * Integer.BYTES);
    byte[] stored = new byte[BLOCK_BYTES_MAX];
    while (true) {
      read(in, head.array(), 0, Integer.BYTES);
      int rawLength = head.getInt(0);
      if (rawLength == 0) {
        checkTrailer(in, blocks, rawBytes, total);
        return;
      }
      read(in, head.array(), Integer.BYTES, 2 * Integer.BYTES);
      int length = head.getInt(Integer.BYTES);
      if (rawLength < 0 || rawLength > BLOCK_BYTES_MAX || length < 0 || length > rawLength) {
        throw damaged("block with bad lengths");
      }
      read(in, stored, 0, length);
      int found = blockCrc(blocks, rawLength, stored, length);
      if (found != head.getInt(2 * Integer.BYTES)) {
        throw damaged("block with a bad checksum");
      }
      total = chain(total, found);
      blocks++;
      rawBytes += rawLength;
      offset += head.capacity() + length;
    }
  }

  private void checkTrailer(InputStream in, long blocks, long rawBytes, int total)
      throws IOException {
    ByteBuffer trailer = ByteBuffer.allocate(Integer.BYTES + 2 * Long.BYTES + Integer.BYTES);
    read(in, trailer.array(), Integer.BYTES, trailer.capacity() - Integer.BYTES);
    int crcOffset = trailer.capacity() - Integer.BYTES;
    CRC32C crc = new CRC32C();
    crc.update(trailer.array(), 0, crcOffset);
    boolean isSound =
        trailer.getLong(Integer.BYTES) == blocks
            && trailer.getLong(Integer.BYTES + Long.BYTES) == rawBytes
            && trailer.getInt(crcOffset) == chain(total, (int) crc.getValue());
    if (!isSound) {
      throw damaged("end with a bad checksum");
    }
    offset += trailer.capacity();
    if (in.read() >= 0) {
      throw damaged("bytes behind the end");
    }
  }

  private static int blockCrc(long number, int rawLength, byte[] stored, int length) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(16).putLong(number).putInt(rawLength).putInt(length).flip());
    crc.update(stored, 0, length);
    return (int) crc.getValue();
  }

  private static int chain(int total, int next) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(8).putInt(total).putInt(next).flip());
    return (int) crc.getValue();
  }

  private static void read(InputStream in, byte[] target, int from, int length) throws IOException {
    if (in.readNBytes(target, from, length) < length) {
      throw new EOFException();
    }
  }

  private CliException damaged(String what) {
    return new CliException(
        ExitCode.CORRUPT,
        file + ": is damaged at offset " + offset + ": " + what + "; use another backup");
  }
}
