package io.raftkv.storage;

import static io.raftkv.storage.Records.RECORD_HEADER_BYTES;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the segments of a log back, from the oldest to the newest, along the chain of checksums.
 *
 * <p>The records end where the next one of the chain does not follow. In the last segment that is
 * either the end of what was written, or a write that a crash cut short; both are cut off. It is
 * damage if a valid record stands behind whose batch began later (see {@link Records}): what is
 * missing was durable once. So it is if the end comes before what the {@link DurableMark} knows to
 * have been durable. In any other segment the next header has to continue the chain. The header of
 * a segment is never torn: the file gets its name after the header is synced.
 */
final class LogRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
  private static final int READ_BYTES = 64 << 10;

  private final VolumeFactory volumes;
  private final Identity identity;
  private final DurableMark mark;
  private final Records records = new Records();
  private final LogTail tail = new LogTail();
  private final List<Segment> segments = new ArrayList<>();

  /** The segment under way, but for most of the zeros at its end. */
  private ByteBuffer in = ByteBuffer.allocate(0);

  private int length;
  private int tailPosition;
  private int tornBytes;

  LogRecovery(VolumeFactory volumes, Identity identity, DurableMark mark) {
    this.volumes = volumes;
    this.identity = identity;
    this.mark = mark;
  }

  LogTail tail() {
    return tail;
  }

  /** Oldest first; empty for a new log. */
  List<Segment> segments() {
    return segments;
  }

  /** Where the next record goes in the last segment. */
  int tailPosition() {
    return tailPosition;
  }

  /** Bytes of a write that a crash cut short; they have been cleared. */
  int tornBytes() {
    return tornBytes;
  }

  void run() {
    TreeMap<Long, String> names = new TreeMap<>();
    List<String> leftovers = new ArrayList<>();
    for (String name : volumes.list()) {
      Optional<Long> sequence = SegmentHeader.sequenceOf(name);
      if (sequence.isPresent()) {
        names.put(sequence.get(), name);
      } else if (name.endsWith(SegmentPreparer.SUFFIX)) {
        leftovers.add(name);
      }
    }
    if (names.isEmpty() && mark.durableSequence() > 0) {
      throw DamagedException.lost(volumes.location(), "its log");
    }
    try {
      leftovers.addAll(dropBeforeGap(names));
      for (Map.Entry<Long, String> name : names.entrySet()) {
        boolean isLast = name.getKey().equals(names.lastKey());
        scan(name.getValue(), name.getKey(), isLast);
      }
      checkComplete();
      if (!segments.isEmpty()) {
        // After a crash of the process alone, what was read may still be in the page cache only.
        // It is about to be acted on.
        segments.get(segments.size() - 1).volume.sync();
      }
      leftovers.forEach(volumes::delete);
      volumes.syncDirectory();
    } catch (RuntimeException e) {
      segments.forEach(Segment::drop);
      throw e;
    }
  }

  /**
   * Old segments are deleted oldest first, but the deletions may reach the disk in any order: what
   * stands before a gap is a remnant. If it is not, entries will be missing at the end.
   */
  private List<String> dropBeforeGap(TreeMap<Long, String> names) {
    List<String> remnants = new ArrayList<>();
    long first = names.isEmpty() ? 0 : names.lastKey();
    while (names.containsKey(first - 1)) {
      first--;
    }
    remnants.addAll(names.headMap(first, false).values());
    names.headMap(first, false).clear();
    remnants.forEach(name -> LOG.info("{} removed: it was to be deleted already", path(name)));
    return remnants;
  }

  private void scan(String name, long sequence, boolean isLast) {
    Volume volume = volumes.open(name);
    Segment segment = new Segment(name, sequence, volume, 0);
    boolean isFirst = segments.isEmpty();
    segments.add(segment);
    length = length(name, volume);
    // Most of the last segment was never written: 64 MiB of zeros are not worth a second look.
    int zerosFrom = isLast ? zerosFrom(volume, length) : length;
    load(volume, zerosFrom);
    int position = readHeader(segment, isFirst);
    int lastBatch = position;
    while (isNext(position)) {
      if (in.getLong(position + Records.BATCH) == tail.sequence) {
        lastBatch = position;
      }
      int bodyBytes = in.getInt(position);
      tail.crc = in.getInt(position + Records.CRC);
      tail.sequence++;
      apply(segment, position);
      position += Records.recordBytes(bodyBytes);
    }
    if (isLast) {
      checkTail(name, position, zerosFrom);
      eraseTail(volume, position, zerosFrom);
      // A sync that failed may have left pages that are read well and count as clean, but are not
      // on the disk. Only the last batch can have met that: nothing was written after it.
      volume.putData(lastBatch, in.slice(lastBatch, Math.min(position, in.limit()) - lastBatch));
      tailPosition = position;
    } else if (has(position, RECORD_HEADER_BYTES) && in.getInt(position + Records.TYPE) != 0) {
      throw new DamagedException(path(name), position, "bad record inside the log");
    }
  }

  private int length(String name, Volume volume) {
    long length = volume.length();
    if (length > Integer.MAX_VALUE - 64) {
      throw new DamagedException(path(name), 0, "segment of " + length + " bytes");
    }
    return (int) length;
  }

  /** From where on the file holds zeros only, in steps of what is read at once. */
  private static int zerosFrom(Volume volume, int length) {
    byte[] read = new byte[READ_BYTES];
    byte[] zeros = new byte[READ_BYTES];
    int end = length;
    while (end > 0) {
      int start = (end - 1) / READ_BYTES * READ_BYTES;
      volume.getData(start, read, 0, end - start);
      if (!Arrays.equals(read, 0, end - start, zeros, 0, end - start)) {
        break;
      }
      end = start;
    }
    return end;
  }

  private void load(Volume volume, int zerosFrom) {
    byte[] content = new byte[(int) Math.min(length, zerosFrom + (long) RECORD_HEADER_BYTES)];
    for (int offset = 0; offset < zerosFrom; offset += READ_BYTES) {
      volume.getData(offset, content, offset, Math.min(READ_BYTES, zerosFrom - offset));
    }
    in = ByteBuffer.wrap(content);
  }

  /** Whether so many bytes are there. The last record may end in some of the zeros left out. */
  private boolean has(int position, long bytes) {
    long end = position + bytes;
    if (end > length) {
      return false;
    }
    if (end > in.limit()) {
      in = ByteBuffer.wrap(Arrays.copyOf(in.array(), length));
    }
    return true;
  }

  private int readHeader(Segment segment, boolean isFirst) {
    String name = segment.name;
    Optional<SegmentHeader> decoded =
        has(0, SegmentHeader.RECORD_BYTES) ? SegmentHeader.verified(in, records) : Optional.empty();
    if (decoded.isEmpty()) {
      throw new DamagedException(path(name), 0, "bad segment header");
    }
    SegmentHeader header = decoded.get();
    if (header.format() != SegmentHeader.FORMAT) {
      throw DataDirException.foreign(
          path(name), "written in format " + header.format(), "use the version that wrote it");
    }
    if (!header.identity().equals(identity)) {
      throw DataDirException.foreign(
          path(name),
          String.format(
              "written by member %s of cluster %016x",
              header.identity().memberId(), header.identity().clusterId()),
          "move it back to where it belongs");
    }
    if (!header.fileName().equals(name)) {
      throw new DamagedException(path(name), 0, "is " + header.fileName());
    }
    long sequence = in.getLong(Records.SEQUENCE);
    if (isFirst) {
      tail.hardState = header.hardState();
      tail.lastIndex = header.firstIndex() - 1;
      tail.lastTerm = header.previousTerm();
      tail.salt = header.salt();
    } else if (sequence != tail.sequence
        || in.getInt(Records.PREVIOUS_CRC) != tail.crc
        || header.firstIndex() != tail.lastIndex + 1
        || !header.hardState().equals(tail.hardState)
        || !header.base().equals(tail.base)) {
      throw new DamagedException(
          path(name), 0, "records are missing at the end of the segment before");
    }
    tail.base = header.base();
    tail.crc = in.getInt(Records.CRC);
    tail.sequence = sequence + 1;
    return Records.recordBytes(SegmentHeader.BODY_BYTES);
  }

  private boolean isNext(int position) {
    return isValid(position)
        && in.getLong(position + Records.SEQUENCE) == tail.sequence
        && in.getInt(position + Records.PREVIOUS_CRC) == tail.crc;
  }

  private boolean isValid(int position) {
    if (!has(position, RECORD_HEADER_BYTES)) {
      return false;
    }
    int bodyBytes = in.getInt(position);
    return bodyBytes >= 0
        && has(position, RECORD_HEADER_BYTES + (long) bodyBytes)
        && in.getInt(position + Records.CRC)
            == records.recordCrc(tail.salt, in, position, bodyBytes);
  }

  private void apply(Segment segment, int position) {
    int body = position + RECORD_HEADER_BYTES;
    switch (in.getInt(position + Records.TYPE)) {
      case Records.ENTRIES -> applyEntries(segment, position);
      case Records.HARD_STATE ->
          tail.hardState = new HardState(in.getLong(body), new MemberId(in.getLong(body + 8)));
      case Records.TRUNCATE -> {
        long index = in.getLong(body);
        segments.forEach(each -> each.cutFrom(index));
        tail.truncateFrom(index);
      }
      case Records.SNAPSHOT_MARK -> {
        EntryId last = new EntryId(in.getLong(body), in.getLong(body + 8));
        if (in.getLong(body + 16) != 0) {
          segments.forEach(each -> each.cutFrom(0));
          tail.resetTo(last);
        } else {
          tail.base = last;
        }
      }
      default ->
          throw DataDirException.foreign(
              path(segment.name),
              "written with records of unknown type " + in.getInt(position + Records.TYPE),
              "use the version that wrote it");
    }
  }

  private void applyEntries(Segment segment, int position) {
    int body = position + RECORD_HEADER_BYTES;
    long index = in.getLong(body);
    int count = in.getInt(body + 8);
    int at = body + Records.ENTRIES_PREFIX_BYTES;
    if (index != tail.lastIndex + 1) {
      throw new DamagedException(
          path(segment.name), position, index + " follows " + tail.lastIndex);
    }
    for (int i = 0; i < count; i++) {
      int dataBytes = in.getInt(at);
      segment.add(index + i, at, dataBytes);
      tail.lastTerm = in.getLong(at + 8);
      at += Records.ENTRY_HEADER_BYTES + dataBytes;
    }
    tail.lastIndex += count;
  }

  /** Throws if the log went on behind the position where it seems to end. */
  private void checkTail(String name, int position, int end) {
    if (tail.sequence < mark.durableSequence()) {
      throw new DamagedException(
          path(name),
          position,
          mark.durableSequence() - tail.sequence + " records are missing that were durable");
    }
    for (int at = position; at < end && has(at, RECORD_HEADER_BYTES); at += 8) {
      long batch = in.getLong(at + Records.BATCH);
      if (batch > tail.sequence && in.getLong(at + Records.SEQUENCE) >= batch && isValid(at)) {
        throw new DamagedException(
            path(name), position, "bad record, with a valid one after it at " + at);
      }
    }
  }

  /** Clears what a torn write left, so that it can never be taken for a part of what comes. */
  private void eraseTail(Volume volume, int position, int zerosFrom) {
    int end = zerosFrom;
    while (end > position && in.get(end - 1) == 0) {
      end--;
    }
    if (end > position) {
      tornBytes = end - position;
      SegmentPreparer.fill(volume, position, end);
    }
  }

  private void checkComplete() {
    long expected = tail.base.index() + 1;
    for (Segment segment : segments) {
      if (segment.endIndex() <= expected || segment.isEmpty()) {
        continue;
      }
      if (segment.firstIndex() > expected) {
        break;
      }
      expected = segment.endIndex();
    }
    if (expected <= tail.lastIndex) {
      throw new DamagedException(
          path(segments.get(0).name), 0, "entry " + expected + " is missing: a segment is gone");
    }
  }

  private String path(String name) {
    return volumes.location() + "/" + name;
  }
}
