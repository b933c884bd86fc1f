package io.raftkv.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** A data directory that is made beside its place, and appears there by one rename. */
final class NewFolder {
  private NewFolder() {}

  /**
   * Where to make it; nothing is there yet.
   *
   * @param place absolute
   * @throws DataDirException if the place is taken, or somebody makes the same one
   */
  static Path begin(Path place) {
    try {
      Path parent = place.getParent();
      if (parent == null) {
        throw DataDirException.of(place, "is the root of the file system");
      }
      Files.createDirectories(parent);
      checkFree(place, parent);
      Path making = parent.resolve("." + place.getFileName() + ".making");
      if (Files.exists(making, LinkOption.NOFOLLOW_LINKS)) {
        // Whoever still works on it holds its lock.
        FolderLock.take(making).close();
        Replacement.delete(making);
      }
      return making;
    } catch (IOException e) {
      throw DataDirException.of(place, e);
    }
  }

  private static void checkFree(Path place, Path parent) throws IOException {
    if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
      throw DataDirException.of(place, "is not a directory");
    }
    if (!Files.getFileStore(place).equals(Files.getFileStore(parent))) {
      throw DataDirException.of(
          place, "is a mount, and cannot be made at once: name one within it");
    }
    try (Stream<Path> paths = Files.list(place)) {
      if (paths.findAny().isPresent()) {
        throw DataDirException.of(place, "is not empty");
      }
    }
  }

  /** Puts what was made in its place; an empty folder there goes. */
  static void complete(Path making, Path place) {
    try {
      Files.delete(making.resolve(FolderLock.NAME));
      MapDbVolumes.syncDirectory(making);
      Files.move(making, place, StandardCopyOption.ATOMIC_MOVE);
      Path parent = place.getParent();
      if (parent != null) {
        MapDbVolumes.syncDirectory(parent);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes what was made. If that fails, too, the next try does it. */
  static void giveUp(Path making, Exception cause) {
    try {
      if (Files.exists(making, LinkOption.NOFOLLOW_LINKS)) {
        Replacement.delete(making);
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
