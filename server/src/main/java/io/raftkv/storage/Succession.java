package io.raftkv.storage;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A data dir passes from a member whose data is damaged to the one that takes its place. Nothing is
 * deleted: the files of the old member are moved into a folder of their own.
 *
 * <pre>
 *   1  SUCCESSOR   says who comes and where the old files go; written aside, synced, renamed
 *   2  damaged-N/  log, snapshots, STARTED, DIFFERS, met and identity are moved there, and that is synced
 *   3  identity    that of the successor, both slots
 *   4              SUCCESSOR is deleted
 * </pre>
 *
 * A crash before step 1 is complete has changed nothing, and one after it changes nothing either:
 * whoever opens the folder next completes it from whichever step. Each of them finds out whether it
 * was done: a file that is in damaged-N is not moved over, and the identity is saved again. While
 * SUCCESSOR is there nobody reads the rest of the folder, so no half of it is ever taken for the
 * whole.
 */
final class Succession {
  static final String NAME = "SUCCESSOR";

  /** In which order they go does not matter. */
  private static final List<String> PARTS =
      List.of(
          DataDir.LOG,
          DataDir.SNAPSHOTS,
          DataDir.STARTED,
          DataDir.DIFFERS,
          MetMembers.NAME,
          StableSlots.NAME);

  private static final String ASIDE = "damaged-";
  private static final Pattern RECORD =
      Pattern.compile("cluster ([0-9a-f]{16}) member ([0-9a-f]{16}) aside (damaged-\\d{1,9})\n");

  private final Path folder;
  private final Identity successor;
  private final String aside;

  private Succession(Path folder, Identity successor, String aside) {
    this.folder = folder;
    this.successor = successor;
    this.aside = aside;
  }

  static boolean isBegun(Path folder) {
    return Files.exists(folder.resolve(NAME), LinkOption.NOFOLLOW_LINKS);
  }

  /** Step 1: on return nothing leads back. The folder is locked. */
  static Succession begin(Path folder, Identity successor) throws IOException {
    Succession succession = new Succession(folder, successor, unused(folder));
    CheckedText.replace(folder, NAME, succession.record());
    return succession;
  }

  private static String unused(Path folder) {
    int number = 1;
    while (Files.exists(folder.resolve(ASIDE + number), LinkOption.NOFOLLOW_LINKS)) {
      number++;
    }
    return ASIDE + number;
  }

  private String record() {
    return String.format(
        "cluster %016x member %016x aside %s\n",
        successor.clusterId(), successor.memberId().value(), aside);
  }

  /**
   * Completes what a crash cut short. The folder is locked.
   *
   * @throws DamagedException if it cannot be read who is to come
   */
  static void completeIfBegun(Path folder) throws IOException {
    if (isBegun(folder)) {
      read(folder).complete();
    }
  }

  private static Succession read(Path folder) throws IOException {
    Matcher record = RECORD.matcher(CheckedText.read(folder.resolve(NAME)).orElse(""));
    if (record.matches()) {
      Identity successor =
          new Identity(
              Long.parseUnsignedLong(record.group(1), 16),
              new MemberId(Long.parseUnsignedLong(record.group(2), 16)));
      return new Succession(folder, successor, record.group(3));
    }
    throw new DamagedException(folder.resolve(NAME).toString(), 0, "it names no successor");
  }

  /**
   * Steps 2 to 4.
   *
   * @return where the old files are
   */
  Path complete() throws IOException {
    Path target = folder.resolve(aside);
    if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(target, DataDir.ownerOnly());
    }
    for (String part : PARTS) {
      if (exists(folder, part) && !exists(target, part)) {
        Files.move(folder.resolve(part), target.resolve(part), StandardCopyOption.ATOMIC_MOVE);
      }
    }
    MapDbVolumes.syncDirectory(target);
    MapDbVolumes.syncDirectory(folder);
    try (StableSlots stable = new StableSlots(new MapDbVolumes(folder))) {
      if (!stable.identity().equals(Optional.of(successor))) {
        stable.save(successor);
      }
    }
    Files.delete(folder.resolve(NAME));
    MapDbVolumes.syncDirectory(folder);
    return target;
  }

  private static boolean exists(Path in, String part) {
    return Files.exists(in.resolve(part), LinkOption.NOFOLLOW_LINKS);
  }
}
