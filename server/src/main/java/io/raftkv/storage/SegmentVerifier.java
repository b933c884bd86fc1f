package io.raftkv.storage;

import static io.raftkv.storage.Records.RECORD_HEADER_BYTES;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads a segment that is no longer written from the disk, piece by piece, and follows its chain of
 * checksums to the end, and to the header of the next segment. Used by one thread.
 */
final class SegmentVerifier implements AutoCloseable {
  /** What is read at once, unless a record is larger. */
  private static final int READ_BYTES = 256 << 10;

  private final VolumeFactory volumes;
  private final String name;
  private final String nextName;
  private final Volume volume;
  private final long length;
  private final Records records = new Records();

  /** The file from {@link #windowStart} on. */
  private ByteBuffer window = ByteBuffer.allocate(0);

  private long windowStart;

  /** Where the next record starts. */
  private long position;

  private long salt;
  private long sequence;
  private int crc;

  /**
   * Opens the segment and verifies its header.
   *
   * @param nextName the segment that follows
   * @throws DamagedException if the header is not what was written
   */
  SegmentVerifier(VolumeFactory volumes, String name, String nextName) {
    this.volumes = volumes;
    this.name = name;
    this.nextName = nextName;
    volume = volumes.openFromDisk(name);
    boolean isOpen = false;
    try {
      length = volume.length();
      readHeader();
      isOpen = true;
    } finally {
      if (!isOpen) {
        volume.close();
      }
    }
  }

  /**
   * Verifies some more.
   *
   * @param bytesMax of records, after which it stops; one record at least
   * @return the bytes verified; 0 at the end of the segment
   * @throws DamagedException if a record is not what was written
   */
  long verify(long bytesMax) {
    long start = position;
    while (position - start < bytesMax && has(RECORD_HEADER_BYTES) && type() != 0) {
      position += verifyRecord();
    }
    if (position == start) {
      checkNext();
    }
    return position - start;
  }

  @Override
  public void close() {
    volume.close();
  }

  private void readHeader() {
    Optional<SegmentHeader> header =
        has(SegmentHeader.RECORD_BYTES)
            ? SegmentHeader.verified(window, records)
            : Optional.empty();
    if (header.isEmpty()) {
      throw damaged("bad segment header");
    }
    salt = header.get().salt();
    sequence = window.getLong(Records.SEQUENCE) + 1;
    crc = window.getInt(Records.CRC);
    position = Records.recordBytes(SegmentHeader.BODY_BYTES);
  }

  private int type() {
    return window.getInt(at() + Records.TYPE);
  }

  /** Returns the bytes of the record. */
  private int verifyRecord() {
    int bodyBytes = window.getInt(at());
    boolean isValid =
        bodyBytes >= 0
            && has(RECORD_HEADER_BYTES + (long) bodyBytes)
            && window.getLong(at() + Records.SEQUENCE) == sequence
            && window.getInt(at() + Records.PREVIOUS_CRC) == crc
            && window.getInt(at() + Records.CRC)
                == records.recordCrc(salt, window, at(), bodyBytes);
    if (!isValid) {
      throw damaged("bad record inside the log");
    }
    crc = window.getInt(at() + Records.CRC);
    sequence++;
    return Records.recordBytes(bodyBytes);
  }

  /** A header that is damaged itself is found with its own segment. */
  private void checkNext() {
    try (Volume next = volumes.openFromDisk(nextName)) {
      byte[] bytes = new byte[SegmentHeader.RECORD_BYTES];
      next.getData(0, bytes, 0, bytes.length);
      ByteBuffer in = ByteBuffer.wrap(bytes);
      if (SegmentHeader.verified(in, records).isPresent()
          && (in.getLong(Records.SEQUENCE) != sequence || in.getInt(Records.PREVIOUS_CRC) != crc)) {
        throw damaged("records are missing at its end");
      }
    }
  }

  /** Where the next record starts in the window. */
  private int at() {
    return (int) (position - windowStart);
  }

  /** Whether the file has so many bytes from the position on; they are in the window then. */
  private boolean has(long bytes) {
    if (position + bytes > length) {
      return false;
    }
    if (position + bytes > windowStart + window.limit()) {
      byte[] read = new byte[(int) Math.min(length - position, Math.max(bytes, READ_BYTES))];
      volume.getData(position, read, 0, read.length);
      window = ByteBuffer.wrap(read);
      windowStart = position;
    }
    return true;
  }

  private DamagedException damaged(String what) {
    return new DamagedException(volumes.location() + "/" + name, position, what);
  }
}
