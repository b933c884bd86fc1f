package io.raftkv.storage;

import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folder of a member that {@link DataDir} does not open because its data is damaged: locked, to
 * see whose it was and to pass it to the member that takes its place. Used by one thread.
 */
public final class DamagedDir implements AutoCloseable {
  private final Path folder;
  private final FolderLock lock;

  private DamagedDir(Path folder, FolderLock lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * Locks the folder, and changes nothing else.
   *
   * @throws DataDirException if a process uses it
   */
  public static DamagedDir lock(Path folder) {
    try {
      return new DamagedDir(folder, FolderLock.take(folder));
    } catch (IOException e) {
      throw DataDirException.of(folder, e);
    }
  }

  /**
   * Whose it was, if any copy of that is whole: in {@code identity}, or at the head of a file of
   * the log.
   */
  public Optional<Identity> owner() {
    Optional<Identity> owner = StableSlots.anyIdentity(new MapDbVolumes(folder));
    return owner.isPresent() ? owner : ownerOfLog();
  }

  private Optional<Identity> ownerOfLog() {
    Path log = folder.resolve(DataDir.LOG);
    if (!Files.isDirectory(log, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    VolumeFactory volumes = new MapDbVolumes(log);
    List<String> names = volumes.list();
    return names.stream()
        .filter(name -> SegmentHeader.sequenceOf(name).isPresent())
        .flatMap(name -> SegmentHeader.read(volumes, name).stream())
        .map(SegmentHeader::identity)
        .findFirst();
  }

  /**
   * Makes it the folder of another member, which has nothing yet; what is there is moved aside and
   * not deleted. Durable on return. If this fails or the process ends meanwhile, either nothing has
   * happened or the next {@link DataDir#open} completes it.
   *
   * @return the folder in which the damaged files are
   */
  public Path passTo(Identity successor) {
    try {
      return Succession.begin(folder, successor).complete();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Unlocks the folder. */
  @Override
  public void close() {
    lock.close();
  }
}
