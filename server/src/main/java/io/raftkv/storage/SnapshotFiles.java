package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.Failpoint;
import io.raftkv.raft.Invariant;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots as files, {@code snapshot-<index>-<term>.snap} if this member made them and {@code
 * received-<index>-<term>.snap} if another one did. What is being made or received has another name
 * until it is complete, verified and synced.
 */
public class SnapshotFiles implements SnapshotStore {
  /** For stores that belong to no cluster. */
  static final long NO_CLUSTER = 0;

  private static final String OWN = "snapshot-";
  private static final String RECEIVED = "received-";
  private static final Pattern SNAPSHOT =
      Pattern.compile("(?:" + OWN + "|" + RECEIVED + ")(\\d{20})-\\d{20}\\.snap");
  private static final Pattern RECEIVING =
      Pattern.compile("receiving-\\d{20}-\\d{20}-\\d{20}\\.tmp");
  private static final String MAKING = "making-";
  private static final String TEMPORARY = ".tmp";

  /**
   * A file that may be used.
   *
   * @param stateBytes of what is in it, before compression
   */
  private record Complete(String name, SnapshotMeta meta, long bytes, long stateBytes) {}

  private final VolumeFactory volumes;
  private final boolean isCompressed;
  private final long clusterId;

  /** Guarded by this. */
  private final List<String> damaged = new ArrayList<>();

  /** By index. Guarded by this. */
  private final TreeMap<Long, Complete> snapshots = new TreeMap<>();

  private long number;

  /** As below, for tests that know of no clusters. */
  public SnapshotFiles(VolumeFactory volumes, boolean isCompressed) {
    this(volumes, isCompressed, NO_CLUSTER);
  }

  /**
   * Verifies what is there, the whole of it, and removes leftovers.
   *
   * @param volumes the folder, used for nothing else
   * @param isCompressed whether new snapshots are compressed, if the library for it is there
   * @param clusterId written into every snapshot, and checked
   * @throws DataDirException if a snapshot of another cluster is among them
   */
  public SnapshotFiles(VolumeFactory volumes, boolean isCompressed, long clusterId) {
    this.volumes = volumes;
    this.isCompressed = isCompressed && BlockCompression.isAvailable();
    this.clusterId = clusterId;
    for (String name : volumes.list()) {
      if (SNAPSHOT.matcher(name).matches()) {
        recover(name);
      } else if (name.endsWith(TEMPORARY) && !RECEIVING.matcher(name).matches()) {
        volumes.delete(name);
      }
    }
  }

  private void recover(String name) {
    try (Volume volume = volumes.open(name)) {
      SnapshotReader reader = new SnapshotReader(volume);
      reader.verify();
      if (reader.clusterId() != clusterId) {
        throw DataDirException.foreign(
            path(name), of(reader.clusterId()), "move it back to where it belongs");
      }
      if (!name.endsWith(fileName("", reader.meta().last()))) {
        throw new IOException("it is " + fileName(OWN, reader.meta().last()));
      }
      // After a crash of the process alone, file and name may still be in the page cache only.
      volume.sync();
      volumes.syncDirectory();
      snapshots.put(
          reader.meta().index(),
          new Complete(name, reader.meta(), volume.length(), reader.stateBytes()));
    } catch (IOException e) {
      damaged.add(path(name) + " is not used: " + e.getMessage());
    }
  }

  private static String of(long clusterId) {
    return String.format("a snapshot of cluster %016x", clusterId);
  }

  private String path(String name) {
    return volumes.location() + "/" + name;
  }

  /** One line for each file that was found damaged and is not used. */
  public synchronized List<String> damaged() {
    return List.copyOf(damaged);
  }

  /** All that are complete and whole, oldest first. */
  public synchronized List<SnapshotMeta> all() {
    return snapshots.values().stream().map(Complete::meta).toList();
  }

  @Override
  public synchronized Optional<SnapshotMeta> latest() {
    return Optional.ofNullable(snapshots.lastEntry()).map(entry -> entry.getValue().meta);
  }

  @Override
  public synchronized boolean isLatestOwn() {
    return !snapshots.isEmpty() && snapshots.lastEntry().getValue().name.startsWith(OWN);
  }

  @Override
  public synchronized void discard(long index) {
    Complete discarded = snapshots.remove(index);
    if (discarded != null) {
      damaged.add(path(discarded.name) + " is not used any more");
    }
  }

  @Override
  public synchronized long latestStateBytes() {
    return snapshots.isEmpty() ? 0 : snapshots.lastEntry().getValue().stateBytes();
  }

  @Override
  public synchronized long sizeBytes() {
    return snapshots.values().stream().mapToLong(Complete::bytes).sum();
  }

  @Override
  public Sink create(SnapshotMeta meta) {
    String name = MAKING + ++number + TEMPORARY;
    Volume volume = volumes.create(name);
    try {
      return new FileSink(name, volume, meta);
    } catch (UncheckedIOException e) {
      giveUp(name, volume);
      throw e;
    }
  }

  private void giveUp(String name, Volume volume) {
    volume.close();
    if (volumes.exists(name)) {
      volumes.delete(name);
    }
  }

  /** The name of a complete snapshot. */
  private synchronized String name(long index) {
    Complete snapshot = snapshots.get(index);
    if (snapshot == null) {
      throw new UncheckedIOException(new NoSuchFileException("snapshot at " + index));
    }
    return snapshot.name;
  }

  /** Where a snapshot is, for messages. */
  String location(long index) {
    return path(name(index));
  }

  /** The bytes of a snapshot as they stand, see {@link VolumeFactory#openFromDisk}. */
  Volume openFromDisk(long index) {
    return volumes.openFromDisk(name(index));
  }

  @Override
  public Source open(long index) {
    String name = name(index);
    Volume volume = volumes.open(name);
    try {
      return new FileSource(volume, SnapshotFormat.readHeader(volume).meta());
    } catch (IOException e) {
      volume.close();
      throw new UncheckedIOException(path(name) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public Receiver receive(EntryId last, long totalBytes) {
    String name =
        String.format("receiving-%020d-%020d-%020d.tmp", last.index(), last.term(), totalBytes);
    for (String other : volumes.list()) {
      if (RECEIVING.matcher(other).matches() && !other.equals(name)) {
        volumes.delete(other);
      }
    }
    Volume volume = volumes.exists(name) ? volumes.open(name) : volumes.create(name);
    return new FileReceiver(name, volume, last, totalBytes);
  }

  @Override
  public void retain(int count, long appliedIndex) {
    Invariant.check(count > 0, "retain %d snapshots", count);
    List<String> deleted = new ArrayList<>();
    synchronized (this) {
      while (snapshots.size() > count && snapshots.firstKey() <= appliedIndex) {
        Map.Entry<Long, Complete> oldest = snapshots.pollFirstEntry();
        deleted.add(oldest.getValue().name);
      }
      for (String name : volumes.list()) {
        Matcher matcher = SNAPSHOT.matcher(name);
        if (matcher.matches() && isSuperseded(Long.parseLong(matcher.group(1)), name)) {
          deleted.add(name);
        }
      }
    }
    deleted.stream().distinct().forEach(volumes::delete);
    if (!deleted.isEmpty()) {
      volumes.syncDirectory();
    }
  }

  /** A damaged file is kept, for people to look at, until a newer snapshot stands in its place. */
  private boolean isSuperseded(long index, String name) {
    return !snapshots.isEmpty()
        && index < snapshots.lastKey()
        && snapshots.values().stream().noneMatch(snapshot -> snapshot.name.equals(name));
  }

  @Override
  public void close() {}

  private static String fileName(String origin, EntryId last) {
    return String.format("%s%020d-%020d.snap", origin, last.index(), last.term());
  }

  /** Gives a complete file its name. On return the snapshot exists. */
  private void publish(
      String temporary,
      Volume volume,
      String origin,
      SnapshotMeta meta,
      long bytes,
      long stateBytes) {
    if (volume.length() != bytes) {
      throw new UncheckedIOException(
          new IOException(temporary + " has " + volume.length() + " bytes of " + bytes));
    }
    volume.sync();
    String name = fileName(origin, meta.last());
    Failpoint.BEFORE_SNAPSHOT_RENAME.pass();
    volumes.rename(temporary, name);
    Failpoint.AFTER_SNAPSHOT_RENAME.pass();
    volumes.syncDirectory();
    Complete replaced;
    synchronized (this) {
      replaced = snapshots.put(meta.index(), new Complete(name, meta, bytes, stateBytes));
    }
    if (replaced != null && !replaced.name.equals(name)) {
      volumes.delete(replaced.name);
    }
  }

  /** Puts one part behind the other. */
  private static final class Appending implements Consumer<byte[]> {
    private final Volume volume;
    private final SpreadSync spreadSync;
    private long offset;

    Appending(Volume volume) {
      this.volume = volume;
      this.spreadSync = new SpreadSync(volume);
    }

    @Override
    public void accept(byte[] part) {
      volume.putData(offset, ByteBuffer.wrap(part));
      offset += part.length;
      spreadSync.written(part.length);
    }
  }

  private final class FileSink implements Sink {
    private final String name;
    private final Volume volume;
    private final SnapshotMeta meta;
    private final SnapshotWriter writer;
    private boolean isClosed;
    private boolean isCommitted;

    FileSink(String name, Volume volume, SnapshotMeta meta) {
      this.name = name;
      this.volume = volume;
      this.meta = meta;
      writer = new SnapshotWriter(new Appending(volume), clusterId, meta, isCompressed);
    }

    @Override
    public OutputStream stream() {
      return writer;
    }

    @Override
    public void commit() {
      long bytes = writer.finish();
      publish(name, volume, OWN, meta, bytes, writer.stateBytes());
      isCommitted = true;
    }

    @Override
    public void close() {
      if (isClosed) {
        return;
      }
      isClosed = true;
      writer.close();
      if (isCommitted) {
        volume.close();
      } else {
        giveUp(name, volume);
      }
    }
  }

  private static final class FileSource implements Source {
    private final Volume volume;
    private final SnapshotMeta meta;

    FileSource(Volume volume, SnapshotMeta meta) {
      this.volume = volume;
      this.meta = meta;
    }

    @Override
    public SnapshotMeta meta() {
      return meta;
    }

    @Override
    public long totalBytes() {
      return volume.length();
    }

    @Override
    public byte[] read(long offset, int lengthMax) {
      byte[] bytes = new byte[(int) Math.max(0, Math.min(lengthMax, volume.length() - offset))];
      volume.getData(offset, bytes, 0, bytes.length);
      return bytes;
    }

    @Override
    public InputStream stream() {
      try {
        return new SnapshotReader(volume);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      volume.close();
    }
  }

  private final class FileReceiver implements Receiver {
    private final String name;
    private final EntryId last;
    private final long totalBytes;
    private final SpreadSync spreadSync;
    private @Nullable Volume volume;
    private long nextOffset;

    FileReceiver(String name, Volume volume, EntryId last, long totalBytes) {
      this.name = name;
      this.volume = volume;
      this.last = last;
      this.totalBytes = totalBytes;
      this.spreadSync = new SpreadSync(volume);
      nextOffset = volume.length();
    }

    @Override
    public long nextOffset() {
      return nextOffset;
    }

    @Override
    public void write(byte[] data) {
      if (nextOffset + data.length > totalBytes) {
        throw new UncheckedIOException(
            new IOException("more than the " + totalBytes + " bytes announced"));
      }
      opened().putData(nextOffset, ByteBuffer.wrap(data));
      nextOffset += data.length;
      spreadSync.written(data.length);
    }

    @Override
    public SnapshotMeta finish() {
      boolean isFinished = false;
      try {
        SnapshotReader reader = new SnapshotReader(opened());
        // Decompressed as well: now its leader can still be told, and make another one.
        reader.transferTo(OutputStream.nullOutputStream());
        if (reader.clusterId() != clusterId) {
          throw new IOException("received " + of(reader.clusterId()));
        }
        if (!reader.meta().last().equals(last)) {
          throw new IOException("received " + reader.meta().last() + " in place of " + last);
        }
        publish(name, opened(), RECEIVED, reader.meta(), totalBytes, reader.stateBytes());
        isFinished = true;
        return reader.meta();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        close();
        if (!isFinished && volumes.exists(name)) {
          volumes.delete(name);
        }
      }
    }

    private Volume opened() {
      if (volume == null) {
        throw new IllegalStateException("the receiver is closed");
      }
      return volume;
    }

    @Override
    public void close() {
      if (volume != null) {
        volume.close();
        volume = null;
      }
    }
  }
}
