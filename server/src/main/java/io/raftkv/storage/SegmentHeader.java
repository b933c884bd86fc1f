package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * First record of a segment: all that is known of the log at that point, so that every segment
 * before it can go.
 *
 * @param sequence 1 for the first segment of a log
 * @param firstIndex index that the next entry has
 * @param previousTerm term of the entry before
 * @param salt of the log's checksums
 */
record SegmentHeader(
    int format,
    long sequence,
    Identity identity,
    long firstIndex,
    long previousTerm,
    HardState hardState,
    EntryId base,
    long salt) {
  static final int FORMAT = 1;
  static final int BODY_BYTES = 96;

  /** With the header of the record. */
  static final int RECORD_BYTES = Records.RECORD_HEADER_BYTES + BODY_BYTES;

  /** "raftklog". */
  private static final long MAGIC = 0x726166746b6c6f67L;

  private static final Pattern NAME = Pattern.compile("wal-(\\d{16})-(\\d{20})\\.seg");

  void encode(ByteBuffer out) {
    out.putLong(MAGIC).putInt(format).putInt(0).putLong(sequence);
    out.putLong(identity.clusterId()).putLong(identity.memberId().value());
    out.putLong(firstIndex).putLong(previousTerm);
    out.putLong(hardState.term()).putLong(hardState.votedFor().value());
    out.putLong(base.index()).putLong(base.term()).putLong(salt);
  }

  /**
   * Of a segment that starts at 0 and has at least {@link #RECORD_BYTES}; empty if this is no
   * segment header of ours, or a damaged one.
   */
  static Optional<SegmentHeader> verified(ByteBuffer in, Records records) {
    boolean isValid =
        in.getInt(0) == BODY_BYTES
            && in.getInt(Records.TYPE) == Records.SEGMENT
            && in.getInt(Records.CRC) == records.recordCrc(0, in, 0, BODY_BYTES);
    return isValid
        ? decode(in.duplicate().position(Records.RECORD_HEADER_BYTES))
        : Optional.empty();
  }

  /** As above, of a file. */
  static Optional<SegmentHeader> read(VolumeFactory volumes, String name) {
    try (Volume volume = volumes.open(name)) {
      byte[] bytes = new byte[RECORD_BYTES];
      if (volume.length() < bytes.length) {
        return Optional.empty();
      }
      volume.getData(0, bytes, 0, bytes.length);
      return verified(ByteBuffer.wrap(bytes), new Records());
    }
  }

  private static Optional<SegmentHeader> decode(ByteBuffer in) {
    if (in.getLong() != MAGIC) {
      return Optional.empty();
    }
    int format = in.getInt();
    in.getInt();
    long sequence = in.getLong();
    Identity identity = new Identity(in.getLong(), new MemberId(in.getLong()));
    long firstIndex = in.getLong();
    long previousTerm = in.getLong();
    HardState hardState = new HardState(in.getLong(), new MemberId(in.getLong()));
    EntryId base = new EntryId(in.getLong(), in.getLong());
    return Optional.of(
        new SegmentHeader(
            format, sequence, identity, firstIndex, previousTerm, hardState, base, in.getLong()));
  }

  String fileName() {
    return String.format("wal-%016d-%020d.seg", sequence, firstIndex);
  }

  /** The segment sequence in a file name; empty for other files. */
  static Optional<Long> sequenceOf(String fileName) {
    Matcher matcher = NAME.matcher(fileName);
    return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
  }
}
