package io.raftkv.storage;

import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
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
import java.util.stream.Stream;

/**
 * The folder with everything a member has on disk, in use by one process at a time.
 *
 * <pre>
 * LOCK         locked while a process uses the folder; names its process id
 * identity     format, cluster id, member id, how far the log was durable
 * log/         segments, with term and vote
 * snapshots/
 * met          the number of the folder, and those of other members', see {@link MetMembers}
 * STARTED      empty: the log was begun, and must be there
 * DIFFERS      one line: why nothing here is to be served, though it can be read
 * SUCCESSOR    while the folder passes to another member, see {@link Succession}
 * damaged-1/   what members left whose data was damaged
 * FORMER       ids of the clusters that it was of before recoveries; see {@link Replacement}
 * </pre>
 *
 * <p>Used by one thread; the stores it opens have rules of their own, and are closed before it is.
 */
public final class DataDir implements AutoCloseable {
  static final String LOG = "log";
  static final String SNAPSHOTS = "snapshots";

  /** Empty file: the member's log was begun. */
  static final String STARTED = "STARTED";

  /** One line: why nothing that is here is to be served. */
  static final String DIFFERS = "DIFFERS";

  /** Lines: ids of clusters. */
  static final String FORMER = "FORMER";

  private static final String OWNER_ONLY = "rwx------";

  private final Path folder;
  private final FolderLock lock;
  private final StableSlots stable;

  private DataDir(Path folder, FolderLock lock, StableSlots stable) {
    this.folder = folder;
    this.lock = lock;
    this.stable = stable;
  }

  /**
   * Locks a folder, which is made if it does not exist, and reads whose it is. If it was about to
   * pass to another member, that is completed first.
   *
   * @throws DataDirException if it is not a folder, is a symbolic link, cannot be written, is in
   *     use, holds something else, or is of another version
   * @throws DamagedException if it cannot be read whose it is
   */
  public static DataDir open(Path folder) {
    return open(folder, new MapDbVolumes(folder), false);
  }

  private static DataDir open(Path folder, VolumeFactory stableVolumes, boolean isOnlyLookedAt) {
    FolderLock lock = null;
    StableSlots stable = null;
    boolean isOpen = false;
    try {
      if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        check(folder);
      } else {
        create(folder);
      }
      lock = FolderLock.take(folder);
      if (Replacement.isPending(folder)) {
        throw DataDirException.of(folder, "is half recovered: complete it with kvd recover");
      }
      if (!isOnlyLookedAt) {
        Succession.completeIfBegun(folder);
        checkSame(folder);
      } else if (Succession.isBegun(folder)) {
        throw DataDirException.of(folder, "passes to a new member; its next start completes that");
      }
      for (String name : List.of(LOG, SNAPSHOTS)) {
        Path path = folder.resolve(name);
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          if (isOnlyLookedAt) {
            throw DataDirException.of(folder, "has lost " + name);
          }
          Files.createDirectory(path, ownerOnly());
        }
      }
      stable = new StableSlots(stableVolumes);
      MapDbVolumes.syncDirectory(folder);
      if (stable.identity().isEmpty()) {
        checkNew(folder);
      }
      isOpen = true;
      return new DataDir(folder, lock, stable);
    } catch (DamagedException e) {
      throw e;
    } catch (IOException | UncheckedIOException e) {
      throw DataDirException.of(folder, e);
    } finally {
      if (!isOpen && stable != null) {
        stable.close();
      }
      if (!isOpen && lock != null) {
        lock.close();
      }
    }
  }

  private static void checkSame(Path folder) throws IOException {
    Path marker = folder.resolve(DIFFERS);
    if (Files.exists(marker, LinkOption.NOFOLLOW_LINKS)) {
      throw DamagedException.of(
          "data directory "
              + folder
              + " is not to be served: "
              + Files.readString(marker, StandardCharsets.ISO_8859_1)
                  .lines()
                  .findFirst()
                  .orElse(""));
    }
  }

  /** The identity comes first and goes with the rest: what has none is new. */
  private static void checkNew(Path folder) throws IOException {
    for (String name : List.of(LOG, SNAPSHOTS)) {
      if (!isEmpty(folder.resolve(name))) {
        throw DamagedException.lost(
            "data directory " + folder, "its identity, but holds data in " + name);
      }
    }
    if (Files.exists(folder.resolve(STARTED))) {
      throw DamagedException.lost("data directory " + folder, "its identity, but holds " + STARTED);
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
      throw DataDirException.of(folder, "holds no member of raftkv");
    }
    DataDir dataDir = open(folder, new ReadOnlyVolumes(new MapDbVolumes(folder)), true);
    if (dataDir.identity().isEmpty()) {
      dataDir.close();
      throw DataDirException.of(folder, "holds a member that never ran");
    }
    return dataDir;
  }

  private static void check(Path folder) throws IOException {
    if (Files.isSymbolicLink(folder)) {
      throw DataDirException.of(folder, "is a symbolic link");
    }
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw DataDirException.of(folder, "is not a directory");
    }
    if (!Files.isWritable(folder) || !Files.isReadable(folder) || !Files.isExecutable(folder)) {
      throw DataDirException.of(folder, "is not writable by this user");
    }
    boolean isOurs =
        Files.exists(folder.resolve(FolderLock.NAME))
            || Files.exists(folder.resolve(StableSlots.NAME));
    if (!isOurs && !isEmpty(folder)) {
      throw DataDirException.of(folder, "is not empty and holds no data of raftkv");
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

  static FileAttribute<?>[] ownerOnly() {
    boolean isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return isPosix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY))
        }
        : new FileAttribute<?>[0];
  }

  /** Whose folder this is; empty if it is new. */
  public Optional<Identity> identity() {
    return stable.identity();
  }

  /** As below, of a member whose id nobody else can have had. */
  public void claim(Identity identity) {
    claim(identity, 0);
  }

  /**
   * Makes a new folder that of this member; no effect if it is already. Durable on return.
   *
   * @param meetings how many others have to have met a new folder, see {@link MetMembers}
   * @throws DataDirException if it belongs to another one
   */
  public void claim(Identity identity, int meetings) {
    try {
      Optional<Identity> owner = stable.identity();
      if (owner.isPresent()) {
        refuseOther(owner.get(), identity);
      }
      if (!MetMembers.exists(folder)) {
        // One that ran without was made by an earlier version. If the file was lost, the others
        // know this folder by another number, and say so.
        MetMembers.create(folder, Files.exists(folder.resolve(STARTED)) ? 0 : meetings);
      }
      if (owner.isEmpty()) {
        stable.save(identity);
      }
    } catch (IOException | UncheckedIOException e) {
      throw DataDirException.of(folder, e);
    }
  }

  /** Whether a folder was of that cluster before a recovery made another one of it. */
  public static boolean wasOf(Path folder, long clusterId) {
    return former(folder).contains(String.format("%016x", clusterId));
  }

  private static List<String> former(Path folder) {
    try {
      Path file = folder.resolve(FORMER);
      return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.ISO_8859_1) : List.of();
    } catch (IOException e) {
      throw DataDirException.of(folder, e);
    }
  }

  /** Writes the log and the snapshots of a new member. */
  @FunctionalInterface
  public interface Filling {
    void fill(DataDir fresh) throws IOException;
  }

  /**
   * Makes the folder of a new member whose log was begun, all or nothing; durable on return. It
   * comes into being beside its place, as {@code .NAME.making}, which a crash may leave behind; the
   * next try removes it.
   *
   * @param folder is not there, or is empty
   * @throws DataDirException if it holds anything, is a mount, or cannot be made; it is as it was
   * @throws IOException as {@code fill} does; the folder is as it was
   * @throws UncheckedIOException if it cannot be written
   */
  public static void make(Path folder, Identity identity, Filling fill) throws IOException {
    Path place = folder.toAbsolutePath().normalize();
    Path making = NewFolder.begin(place);
    try {
      try (DataDir fresh = open(making)) {
        fresh.claim(identity);
        fill.fill(fresh);
        fresh.markStarted();
      }
      NewFolder.complete(making, place);
    } catch (IOException | RuntimeException e) {
      NewFolder.giveUp(making, e);
      throw e;
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
  public Path replace(Identity identity, Filling fill) {
    try {
      Path made = Replacement.begin(folder);
      try (DataDir other = open(made)) {
        other.claim(identity);
        fill.fill(other);
      }
      List<String> former = new ArrayList<>(former(folder));
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
    try (FolderLock unused = FolderLock.take(folder)) {
      return Optional.of(Replacement.complete(Replacement.made(folder), folder));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void refuseOther(Identity owner, Identity identity) {
    if (owner.clusterId() != identity.clusterId()) {
      throw DataDirException.of(
          folder,
          String.format(
              "belongs to cluster %016x, not %016x", owner.clusterId(), identity.clusterId()));
    }
    if (!owner.memberId().equals(identity.memberId())) {
      throw DataDirException.of(
          folder,
          String.format("belongs to member %s, not %s", owner.memberId(), identity.memberId()));
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
   * @throws DamagedException if what is there cannot be trusted, or there was a log and is none
   */
  public StoppedLog lookAtLog() {
    return new StoppedLog(new MapDbVolumes(folder.resolve(LOG)), owner(), stable);
  }

  /**
   * Verifies the snapshots and changes nothing. The folder has been claimed.
   *
   * @throws DataDirException if there is one of another cluster
   */
  public SnapshotFiles lookAtSnapshots() {
    return new SnapshotFiles(
        new ReadOnlyVolumes(new MapDbVolumes(folder.resolve(SNAPSHOTS))),
        true,
        owner().clusterId());
  }

  /**
   * Whom this member has met. The folder has been claimed.
   *
   * @throws DamagedException if that cannot be read any more
   */
  public MetMembers met() {
    try {
      return MetMembers.read(folder);
    } catch (IOException e) {
      throw DataDirException.of(folder, e);
    }
  }

  /** Whether there is no log yet, or none any more. */
  public boolean isLogMissing() {
    return new MapDbVolumes(folder.resolve(LOG))
        .list().stream().noneMatch(name -> SegmentHeader.sequenceOf(name).isPresent());
  }

  /**
   * Opens the snapshots; verifies them all. The folder has been claimed.
   *
   * @throws DataDirException if there is one of another cluster
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

  /**
   * Remembers, durably, that what is here led to another state than that of a quorum: as long as
   * the marker is there, {@link #open} takes the folder for damaged. For any thread.
   *
   * @param why one line
   */
  public static void markDiffering(Path folder, String why) {
    try {
      Path marker = folder.resolve(DIFFERS);
      Files.writeString(marker, why + "\n");
      try (FileChannel written = FileChannel.open(marker, StandardOpenOption.WRITE)) {
        written.force(true);
      }
      MapDbVolumes.syncDirectory(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Remembers, durably, that the log is no longer empty. */
  public void markStarted() {
    Path marker = folder.resolve(STARTED);
    try {
      if (!Files.exists(marker)) {
        Files.createFile(marker);
        MapDbVolumes.syncDirectory(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A member that once started has a log, whatever snapshots it has. Without it, it has forgotten
   * its vote and what it acknowledged, and would be a danger to its cluster under its old id.
   *
   * @param isLogEmpty whether there is no log, or nothing in it
   * @throws DamagedException if it is empty and the member once started
   */
  public void checkLogIsKept(boolean isLogEmpty) {
    if (isLogEmpty && Files.exists(folder.resolve(STARTED))) {
      throw DamagedException.lost("data directory " + folder, "its log");
    }
  }

  /** Unlocks the folder. */
  @Override
  public void close() {
    stable.close();
    lock.close();
  }
}
