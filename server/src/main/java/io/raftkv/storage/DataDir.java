package io.raftkv.storage;

import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder with everything a member has on disk, in use by one process at a time.
 *
 * <pre>
 * LOCK         locked while a process uses the folder; names its process id
 * identity     format, cluster id, member id, how far the log was durable
 * log/         segments, with term and vote
 * snapshots/
 * FORMER       ids of the clusters that it was of before recoveries; see {@link Replacement}
 * </pre>
 *
 * <p>Used by one thread; the stores it opens have rules of their own, and are closed before it is.
 */
public final class DataDir implements AutoCloseable {
  static final String LOCK = "LOCK";
  static final String LOG = "log";
  static final String SNAPSHOTS = "snapshots";
  static final String FORMER = "FORMER";
  private static final String OWNER_ONLY = "rwx------";

  private final Path folder;
  private final FileChannel lockFile;
  private final StableSlots stable;

  private DataDir(Path folder, FileChannel lockFile, StableSlots stable) {
    this.folder = folder;
    this.lockFile = lockFile;
    this.stable = stable;
  }

  /**
   * Locks a folder, which is made if it does not exist, and reads whose it is.
   *
   * @throws DataDirException if it is not a folder, is a symbolic link, cannot be written, is in
   *     use, holds something else, or is of another version
   */
  public static DataDir open(Path folder) {
    return open(folder, new MapDbVolumes(folder), false);
  }

  private static DataDir open(Path folder, VolumeFactory stableVolumes, boolean isOnlyLookedAt) {
    FileChannel lockFile = null;
    StableSlots stable = null;
    try {
      if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        check(folder);
      } else {
        create(folder);
      }
      lockFile = lock(folder);
      if (Replacement.isPending(folder)) {
        throw refused(folder, "is half recovered: complete it with kvd recover", null);
      }
      for (String name : List.of(LOG, SNAPSHOTS)) {
        Path path = folder.resolve(name);
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          if (isOnlyLookedAt) {
            throw refused(folder, "has lost " + name + "; " + DamagedException.RESTORE, null);
          }
          Files.createDirectory(path, ownerOnly());
        }
      }
      stable = new StableSlots(stableVolumes);
      MapDbVolumes.syncDirectory(folder);
      return new DataDir(folder, lockFile, stable);
    } catch (IOException | UncheckedIOException e) {
      throw refused(folder, describe(e), e);
    } finally {
      if (stable == null) {
        close(lockFile);
      }
    }
  }

  /**
   * Locks the folder of a member that ran before, to look at it: nothing but the lock is changed.
   *
   * @throws DataDirException if there is none, or as {@link #open}
   */
  public static DataDir lookAt(Path folder) {
    if (!Files.isRegularFile(folder.resolve(StableSlots.NAME), LinkOption.NOFOLLOW_LINKS)
        && !Replacement.isPending(folder)) {
      throw refused(folder, "holds no member of raftkv", null);
    }
    DataDir dataDir = open(folder, new ReadOnlyVolumes(new MapDbVolumes(folder)), true);
    if (dataDir.identity().isEmpty()) {
      dataDir.close();
      throw refused(folder, "holds a member that never ran", null);
    }
    return dataDir;
  }

  private static void check(Path folder) throws IOException {
    if (Files.isSymbolicLink(folder)) {
      throw refused(folder, "is a symbolic link", null);
    }
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw refused(folder, "is not a directory", null);
    }
    if (!Files.isWritable(folder) || !Files.isReadable(folder) || !Files.isExecutable(folder)) {
      throw refused(folder, "is not writable by this user", null);
    }
    if (!Files.exists(folder.resolve(LOCK)) && !isEmpty(folder)) {
      throw refused(folder, "is not empty and holds no data of raftkv", null);
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.allMatch(path -> path.endsWith("lost+found"));
    }
  }

  private static void create(Path folder) throws IOException {
    Path parent = folder.toAbsolutePath().normalize().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.createDirectory(folder, ownerOnly());
    if (parent != null) {
      MapDbVolumes.syncDirectory(parent);
    }
  }

  private static FileAttribute<?>[] ownerOnly() {
    boolean isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return isPosix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY))
        }
        : new FileAttribute<?>[0];
  }

  private static FileChannel lock(Path folder) throws IOException {
    Path path = folder.resolve(LOCK);
    if (Files.isSymbolicLink(path)) {
      throw refused(folder, "has a symbolic link in place of " + LOCK, null);
    }
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean isLocked = false;
    try {
      isLocked = tryLock(channel) != null;
      if (!isLocked) {
        throw refused(folder, "is locked by process " + owner(path), null);
      }
      String self = ProcessHandle.current().pid() + "\n";
      channel.truncate(0).write(ByteBuffer.wrap(self.getBytes(StandardCharsets.US_ASCII)), 0);
      return channel;
    } finally {
      if (!isLocked) {
        channel.close();
      }
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process
    }
  }

  private static String owner(Path lock) throws IOException {
    String text = Files.readString(lock, StandardCharsets.ISO_8859_1).trim();
    return text.matches("\\d{1,10}") ? text : "unknown";
  }

  /** Whose folder this is; empty if it is new. */
  public Optional<Identity> identity() {
    return stable.identity();
  }

  /**
   * Makes a new folder that of this member; no effect if it is already. Durable on return.
   *
   * @throws DataDirException if it belongs to another one
   */
  public void claim(Identity identity) {
    try {
      Optional<Identity> owner = stable.identity();
      if (owner.isPresent()) {
        refuseOther(owner.get(), identity);
        return;
      }
      for (String name : List.of(LOG, SNAPSHOTS)) {
        if (!isEmpty(folder.resolve(name))) {
          throw refused(folder, "has lost its identity but holds data in " + name, null);
        }
      }
      stable.save(identity);
    } catch (IOException | UncheckedIOException e) {
      throw refused(folder, describe(e), e);
    }
  }

  /** Whether this folder was of that cluster before a recovery made another one of it. */
  public boolean wasOf(long clusterId) {
    return former().contains(String.format("%016x", clusterId));
  }

  private List<String> former() {
    try {
      Path file = folder.resolve(FORMER);
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      throw refused(folder, describe(new UncheckedIOException(e)), e);
    }
  }

  /**
   * Makes another member and puts it in the place of this one, all or nothing; durable on return.
   * After that this object is good for nothing but to be closed. A crash leaves the old one, or
   * what {@link #completeReplacement} completes.
   *
   * @param fill writes the log and the snapshots of the new one
   * @return where the files of the old one are now
   */
  public Path replace(Identity identity, Consumer<DataDir> fill) {
    try {
      Path made = Replacement.begin(folder);
      try (DataDir other = open(made)) {
        other.claim(identity);
        fill.accept(other);
      }
      List<String> former = new ArrayList<>(former());
      former.add(String.format("%016x", owner().clusterId()));
      return Replacement.complete(Replacement.commit(folder, former), folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Puts in place what {@link #replace} had made when a crash came.
   *
   * @return where the files of the old member are now; empty if there is nothing to complete
   * @throws DataDirException if the folder is in use
   */
  public static Optional<Path> completeReplacement(Path folder) {
    if (!Replacement.isPending(folder)) {
      return Optional.empty();
    }
    try (FileChannel locked = lock(folder)) {
      return Optional.of(Replacement.complete(Replacement.made(folder), folder));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void refuseOther(Identity owner, Identity identity) {
    if (owner.clusterId() != identity.clusterId()) {
      throw refused(
          folder,
          String.format(
              "belongs to cluster %016x, not %016x", owner.clusterId(), identity.clusterId()),
          null);
    }
    if (!owner.memberId().equals(identity.memberId())) {
      throw refused(
          folder,
          String.format("belongs to member %s, not %s", owner.memberId(), identity.memberId()),
          null);
    }
  }

  /**
   * Opens the log. The folder has been claimed.
   *
   * @param segmentBytes see {@link SegmentedLog#SEGMENT_BYTES}
   * @param executor prepares segments, some 100 ms of writing each
   * @throws DamagedException if what is there cannot be trusted
   */
  public SegmentedLog openLog(int segmentBytes, Executor executor) {
    return new SegmentedLog(
        new MapDbVolumes(folder.resolve(LOG)),
        owner(),
        segmentBytes,
        new SecureRandom().nextLong(),
        executor,
        stable);
  }

  /**
   * Reads the log and changes nothing. The folder has been claimed.
   *
   * @throws DamagedException if what is there cannot be trusted
   * @throws DataDirException if there was a log and is none
   */
  public StoppedLog lookAtLog() {
    return new StoppedLog(new MapDbVolumes(folder.resolve(LOG)), owner(), stable);
  }

  /**
   * Verifies the snapshots and changes nothing. The folder has been claimed.
   *
   * @throws DamagedException if there is one of another cluster
   */
  public SnapshotFiles lookAtSnapshots() {
    return new SnapshotFiles(
        new ReadOnlyVolumes(new MapDbVolumes(folder.resolve(SNAPSHOTS))),
        true,
        owner().clusterId());
  }

  /** Whether there is no log yet, or none any more. */
  public boolean isLogMissing() {
    return new MapDbVolumes(folder.resolve(LOG))
        .list().stream().noneMatch(name -> SegmentHeader.sequenceOf(name).isPresent());
  }

  /**
   * Opens the snapshots; verifies them all. The folder has been claimed.
   *
   * @throws DamagedException if there is one of another cluster
   */
  public SnapshotFiles openSnapshots() {
    return new SnapshotFiles(
        new MapDbVolumes(folder.resolve(SNAPSHOTS)), true, owner().clusterId());
  }

  private Identity owner() {
    return stable
        .identity()
        .orElseThrow(() -> new IllegalStateException(folder + " has no identity yet"));
  }

  private static DataDirException refused(
      Path folder, String cause, @Nullable Throwable exception) {
    return new DataDirException("data directory " + folder + " " + cause, exception);
  }

  private static String describe(Exception e) {
    Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
    return "cannot be used: " + cause.toString().replace('\n', ' ');
  }

  /** Unlocks the folder. */
  @Override
  public void close() {
    stable.close();
    close(lockFile);
  }

  private static void close(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
