package io.raftkv.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Puts one member in the place of another in a data directory, so that a crash at any point leaves
 * the one or the other. The caller holds the folder's lock.
 *
 * <pre>
 * recovering/        being made: worthless until it is complete
 *     |  rename      from here on there is no way back
 * recovered/         complete: each part changes places with the old one; can be done again
 *     |  rename
 * before-recovery/   what was there before, NAME.old; nobody reads it any more
 * </pre>
 */
final class Replacement {
  private static final String MAKING = "recovering";
  private static final String MADE = "recovered";
  private static final String KEPT = "before-recovery";
  private static final String OLD = ".old";

  private static final List<String> PARTS =
      List.of(StableSlots.NAME, MetMembers.NAME, DataDir.LOG, DataDir.SNAPSHOTS, DataDir.FORMER);

  private Replacement() {}

  /** Whether one was made and is not, or not wholly, in its place. */
  static boolean isPending(Path folder) {
    return Files.isDirectory(made(folder), LinkOption.NOFOLLOW_LINKS);
  }

  static Path made(Path folder) {
    return folder.resolve(MADE);
  }

  /** Where to make one; nothing is there yet. */
  static Path begin(Path folder) throws IOException {
    Path making = folder.resolve(MAKING);
    if (Files.exists(making, LinkOption.NOFOLLOW_LINKS)) {
      delete(making);
    }
    return making;
  }

  /** With all that is in it. */
  static void delete(Path leftover) throws IOException {
    try (Stream<Path> paths = Files.walk(leftover)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** What was made is complete. Returns where it is now. */
  static Path commit(Path folder, List<String> former) throws IOException {
    Path making = folder.resolve(MAKING);
    Files.delete(making.resolve(FolderLock.NAME));
    byte[] lines = (String.join("\n", former) + "\n").getBytes(StandardCharsets.US_ASCII);
    Path file = making.resolve(DataDir.FORMER);
    Files.write(file, lines);
    try (FileChannel written = FileChannel.open(file, StandardOpenOption.WRITE)) {
      written.force(true);
    }
    MapDbVolumes.syncDirectory(making);
    move(making, made(folder));
    return made(folder);
  }

  /** Puts it in its place, or goes on with that. Returns where the old one is kept. */
  static Path complete(Path made, Path folder) throws IOException {
    for (String part : PARTS) {
      Path fresh = made.resolve(part);
      Path place = folder.resolve(part);
      Path old = made.resolve(part + OLD);
      if (!Files.exists(fresh)) {
        continue;
      }
      if (Files.exists(place) && !Files.exists(old)) {
        move(place, old);
      }
      move(fresh, place);
    }
    Path kept = folder.resolve(KEPT);
    for (int i = 2; Files.exists(kept, LinkOption.NOFOLLOW_LINKS); i++) {
      kept = folder.resolve(KEPT + "-" + i);
    }
    move(made, kept);
    return kept;
  }

  /** Durable before the next step: steps must not reach the disk in another order. */
  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    MapDbVolumes.syncDirectory(Objects.requireNonNull(to.toAbsolutePath().getParent()));
    MapDbVolumes.syncDirectory(Objects.requireNonNull(from.toAbsolutePath().getParent()));
  }
}
