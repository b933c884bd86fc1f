package io.raftkv.sim.disk;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.sim.engine.Rng;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The snapshot files of one machine. They are durable; of a partly received one a prefix is. */
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

  private final TreeMap<Long, File> files = new TreeMap<>();
  @Nullable Partial partial;

  /** Where the files are elsewhere: the newest one. */
  private EntryId recovered = EntryId.ZERO;

  /** The newest one's place in the log; {@link EntryId#ZERO} if there is none. */
  public EntryId latest() {
    return files.isEmpty() ? recovered : files.lastEntry().getValue().meta().last();
  }

  void recoveredAs(EntryId last) {
    recovered = last.index() > recovered.index() ? last : recovered;
  }

  TreeMap<Long, File> files() {
    return files;
  }

  void add(File file) {
    files.put(file.meta().index(), file);
  }

  /** Of a partly received file a prefix remains. */
  public void crash(Rng rng) {
    if (partial != null) {
      partial.length = rng.nextInt(partial.length + 1);
      Arrays.fill(partial.bytes, partial.length, partial.bytes.length, (byte) 0);
    }
  }
}
