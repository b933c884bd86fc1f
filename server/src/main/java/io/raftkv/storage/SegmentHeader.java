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

  /** Empty if this is no segment header of ours. */
  static Optional<SegmentHeader> decode(ByteBuffer in) {
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
