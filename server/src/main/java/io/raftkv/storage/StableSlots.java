package io.raftkv.storage;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a member, and how far its log is known to be durable, in a file of two slots of 4
 * KiB: {@code magic | format | sequence | cluster id | member id | crc | durable sequence | crc}. A
 * save writes the older slot, syncs it, and then the other one: a crash leaves one of them whole,
 * and so does a damaged page. The valid slot with the higher sequence counts. What is noted of the
 * log goes to the older slot alone: if that is lost, the note before it still tells the truth.
 *
 * <p>For any thread; the identity is saved by one.
 */
public final class StableSlots implements StableStore, DurableMark {
  static final String NAME = "identity";
  static final int FORMAT = 1;
  static final int SLOT_BYTES = 4096;

  private static final String TEMPORARY = NAME + ".tmp";

  /** "raftkvid". */
  private static final long MAGIC = 0x726166746b766964L;

  private static final int CRC_OFFSET = 36;
  private static final int MARK_OFFSET = 40;
  private static final int MARK_CRC_OFFSET = 48;

  private record Slot(int number, long sequence, Identity identity, long durableSequence) {}

  private final VolumeFactory volumes;
  private final Volume volume;
  private @Nullable Slot latest;
  private @Nullable Throwable failure;

  /**
   * Opens the file, or makes one without an identity.
   *
   * @throws DamagedException if there is an identity and it cannot be read
   */
  public StableSlots(VolumeFactory volumes) {
    this.volumes = volumes;
    if (!volumes.exists(NAME)) {
      create(volumes);
    }
    volume = volumes.open(NAME);
    try {
      load();
      volumes.syncDirectory();
    } catch (UncheckedIOException e) {
      volume.close();
      throw e;
    }
  }

  private static void create(VolumeFactory volumes) {
    if (volumes.exists(TEMPORARY)) {
      volumes.delete(TEMPORARY);
    }
    try (Volume created = volumes.create(TEMPORARY)) {
      SegmentPreparer.fill(created, 0, 2 * SLOT_BYTES);
      created.sync();
    }
    volumes.rename(TEMPORARY, NAME);
    volumes.syncDirectory();
  }

  private void load() {
    if (volume.length() != 2 * SLOT_BYTES) {
      throw damaged(0, "it has " + volume.length() + " bytes");
    }
    Slot best = null;
    int valid = 0;
    int empty = 0;
    for (int i = 0; i < 2; i++) {
      byte[] bytes = new byte[SLOT_BYTES];
      volume.getData((long) i * SLOT_BYTES, bytes, 0, SLOT_BYTES);
      Slot slot = decode(volumes.location(), ByteBuffer.wrap(bytes), i);
      valid += slot != null ? 1 : 0;
      if (slot != null && (best == null || slot.sequence > best.sequence)) {
        best = slot;
      }
      empty += isZero(bytes) ? 1 : 0;
    }
    // One slot torn and the other one never written: the first save did not return.
    if (best == null && empty == 0) {
      throw damaged(0, "neither copy of the identity is valid");
    }
    latest = best;
    if (best != null && (valid < 2 || best.number == 0)) {
      // A save was cut short, or a copy rotted. The sync of the copy that is left may have failed,
      // and it be in the page cache only, so both are written again, that one last.
      saveBoth(best.identity, best.durableSequence);
    }
  }

  /** The identity in any copy that is whole; empty if there is none. Changes nothing. */
  static Optional<Identity> anyIdentity(VolumeFactory volumes) {
    if (!volumes.exists(NAME)) {
      return Optional.empty();
    }
    try (Volume volume = volumes.open(NAME)) {
      for (long at = 0; at + SLOT_BYTES <= volume.length(); at += SLOT_BYTES) {
        byte[] bytes = new byte[SLOT_BYTES];
        volume.getData(at, bytes, 0, SLOT_BYTES);
        Slot slot = decode(volumes.location(), ByteBuffer.wrap(bytes), 0);
        if (slot != null) {
          return Optional.of(slot.identity);
        }
      }
      return Optional.empty();
    }
  }

  private static @Nullable Slot decode(String location, ByteBuffer in, int slot) {
    if (in.getLong() != MAGIC || in.getInt(CRC_OFFSET) != crc(in.array(), CRC_OFFSET)) {
      return null;
    }
    int format = in.getInt();
    if (format != FORMAT) {
      throw DataDirException.foreign(
          location + "/" + NAME, "written in format " + format, "use the version that wrote it");
    }
    long sequence = in.getLong();
    Identity identity = new Identity(in.getLong(), new MemberId(in.getLong()));
    long durableSequence = in.getLong(MARK_OFFSET);
    // Zeros: an identity of which nothing was noted yet.
    boolean isNoted = durableSequence != 0 || in.getInt(MARK_CRC_OFFSET) != 0;
    if (isNoted && in.getInt(MARK_CRC_OFFSET) != crc(in.array(), MARK_CRC_OFFSET)) {
      return null;
    }
    return new Slot(slot, sequence, identity, durableSequence);
  }

  private static boolean isZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private DamagedException damaged(long offset, String what) {
    return new DamagedException(volumes.location() + "/" + NAME, offset, what);
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  @Override
  public synchronized Optional<Identity> identity() {
    return Optional.ofNullable(latest).map(Slot::identity);
  }

  @Override
  public synchronized void save(Identity identity) {
    saveBoth(identity, durableSequence());
  }

  private void saveBoth(Identity identity, long durableSequence) {
    change(
        () -> {
          writeOlder(identity, durableSequence);
          writeOlder(identity, durableSequence);
        });
  }

  @Override
  public synchronized long durableSequence() {
    return latest == null ? 0 : latest.durableSequence;
  }

  @Override
  public synchronized void noteDurable(long sequence) {
    Slot known = latest;
    if (known == null) {
      throw new IllegalStateException("a log without an owner");
    }
    if (sequence > known.durableSequence) {
      change(() -> writeOlder(known.identity, sequence));
    }
  }

  private void change(Runnable writes) {
    if (failure != null) {
      throw new UncheckedIOException(
          new IOException("the store failed before and takes no more writes", failure));
    }
    try {
      writes.run();
    } catch (UncheckedIOException e) {
      failure = e;
      throw e;
    }
  }

  private void writeOlder(Identity identity, long durableSequence) {
    Slot before = latest;
    long sequence = before == null ? 1 : before.sequence + 1;
    int number = before == null ? 0 : 1 - before.number;
    ByteBuffer out = ByteBuffer.allocate(SLOT_BYTES);
    out.putLong(MAGIC).putInt(FORMAT).putLong(sequence);
    out.putLong(identity.clusterId()).putLong(identity.memberId().value());
    out.putInt(CRC_OFFSET, crc(out.array(), CRC_OFFSET));
    out.putLong(MARK_OFFSET, durableSequence);
    if (durableSequence != 0) {
      out.putInt(MARK_CRC_OFFSET, crc(out.array(), MARK_CRC_OFFSET));
    }
    volume.putData((long) number * SLOT_BYTES, out.clear());
    volume.sync();
    latest = new Slot(number, sequence, identity, durableSequence);
  }

  @Override
  public synchronized void close() {
    volume.close();
  }
}
