package io.raftkv.sim.disk;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.sim.engine.Rng;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The snapshot files of one machine. A file, and that a file is gone, is durable once it is synced;
 * a crash before that leaves each such change done or undone, and of a partly received file a
 * prefix.
 */
public final class SnapshotModel {
  /** A complete file: what it holds, then the state, then a checksum of both. */
  record File(SnapshotMeta meta, byte[] bytes, int stateOffset) {
    static File of(SnapshotMeta meta, byte[] state) {
      byte[] configuration = meta.configuration().encode();
      ByteBuffer out = ByteBuffer.allocate(20 + configuration.length + state.length + 8);
      out.putLong(meta.index()).putLong(meta.last().term()).putInt(configuration.length);
      out.put(configuration);
      int stateOffset = out.position();
      out.put(state);
      out.putLong(checksum(out.array(), out.position()));
      return new File(meta, out.array(), stateOffset);
    }

    /** Null if it is damaged. */
    static @Nullable File parse(byte[] bytes) {
      int body = bytes.length - 8;
      if (body < 20 || ByteBuffer.wrap(bytes).getLong(body) != checksum(bytes, body)) {
        return null;
      }
      ByteBuffer in = ByteBuffer.wrap(bytes);
      EntryId last = new EntryId(in.getLong(), in.getLong());
      byte[] configuration = new byte[in.getInt()];
      in.get(configuration);
      SnapshotMeta meta = new SnapshotMeta(last, Configuration.decode(configuration));
      return new File(meta, bytes, in.position());
    }

    private static long checksum(byte[] bytes, int length) {
      CRC32C crc = new CRC32C();
      crc.update(bytes, 0, length);
      return crc.getValue();
    }
  }

  /** A file that is being received. */
  static final class Partial {
    final EntryId last;
    final byte[] bytes;
    int length;

    Partial(EntryId last, int totalBytes) {
      this.last = last;
      this.bytes = new byte[totalBytes];
    }
  }

  private sealed interface Change {
    record Add(File file) implements Change {}

    record Remove(long index) implements Change {}
  }

  private final TreeMap<Long, File> files = new TreeMap<>();
  private final TreeMap<Long, File> durable = new TreeMap<>();
  private final List<Change> unsynced = new ArrayList<>();
  @Nullable Partial partial;

  /** Where the files are elsewhere: the newest one. */
  private EntryId recovered = EntryId.ZERO;

  /** The newest durable one's place in the log; {@link EntryId#ZERO} if there is none. */
  public EntryId latest() {
    return durable.isEmpty() ? recovered : durable.lastEntry().getValue().meta().last();
  }

  /** A process has opened the files. */
  void foundAs(EntryId last) {
    recovered = last;
  }

  /** A file is complete. */
  void recoveredAs(EntryId last) {
    recovered = last.index() > recovered.index() ? last : recovered;
  }

  /** As readers see them. */
  TreeMap<Long, File> files() {
    return files;
  }

  void add(File file) {
    write(new Change.Add(file));
  }

  void remove(long index) {
    write(new Change.Remove(index));
  }

  void sync() {
    unsynced.forEach(change -> apply(change, durable));
    unsynced.clear();
  }

  /** The process or the machine ended. */
  public void crash(Rng rng) {
    for (Change change : unsynced) {
      if (rng.chance(0.5)) {
        apply(change, durable);
      }
    }
    unsynced.clear();
    files.clear();
    files.putAll(durable);
    if (partial != null) {
      partial.length = rng.nextInt(partial.length + 1);
      Arrays.fill(partial.bytes, partial.length, partial.bytes.length, (byte) 0);
    }
  }

  private void write(Change change) {
    apply(change, files);
    unsynced.add(change);
  }

  private static void apply(Change change, TreeMap<Long, File> to) {
    if (change instanceof Change.Add add) {
      to.put(add.file().meta().index(), add.file());
    } else if (change instanceof Change.Remove remove) {
      to.remove(remove.index());
    }
  }
}
