package io.raftkv.storage;

import io.raftkv.raft.MemberId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file {@code met}: the number of this folder, drawn when it was made, and those of the folders
 * that other members came with when they were first met.
 *
 * <pre>
 * folder 5c2b00f1a9d3e771 needs 2
 * 09c1a66a8bb2c1a4 77a1d09b3c5e2f10
 * crc 1b2c3d4e
 * </pre>
 *
 * <p>It needs to be met by so many others before it is certain that no folder came before it under
 * the same id; 0 once it was. Every change replaces the file and is durable on return. For any
 * thread.
 */
public final class MetMembers {
  static final String NAME = "met";

  private static final Pattern FOLDER = Pattern.compile("folder ([0-9a-f]{16}) needs (\\d{1,3})");
  private static final Pattern MEMBER = Pattern.compile("([0-9a-f]{16}) ([0-9a-f]{16})");

  private final Path dataDir;
  private final long folder;
  private Map<MemberId, Long> members = new TreeMap<>();
  private int needed;

  private MetMembers(Path dataDir, long folder, int needed) {
    this.dataDir = dataDir;
    this.folder = folder;
    this.needed = needed;
  }

  static boolean exists(Path dataDir) {
    return Files.exists(dataDir.resolve(NAME), LinkOption.NOFOLLOW_LINKS);
  }

  /** That of a new folder, which nobody has met. */
  static void create(Path dataDir, int needed) throws IOException {
    long number = 0;
    while (number == 0) {
      number = new SecureRandom().nextLong();
    }
    write(dataDir, number, Map.of(), needed);
  }

  /**
   * Reads the file.
   *
   * @throws DamagedException if it is not what was written, or is gone
   */
  static MetMembers read(Path dataDir) throws IOException {
    Path file = dataDir.resolve(NAME);
    if (!exists(dataDir)) {
      throw DamagedException.lost("data directory " + dataDir, "whom it has met");
    }
    String lines =
        CheckedText.read(file)
            .orElseThrow(
                () ->
                    new DamagedException(
                        file.toString(), 0, "it does not say whom this member has met"));
    return parse(dataDir, lines);
  }

  private static MetMembers parse(Path dataDir, String text) {
    String[] lines = text.split("\n");
    Matcher first = FOLDER.matcher(lines[0]);
    if (first.matches()) {
      MetMembers met =
          new MetMembers(
              dataDir,
              Long.parseUnsignedLong(first.group(1), 16),
              Integer.parseInt(first.group(2)));
      for (int i = 1; i < lines.length; i++) {
        Matcher member = MEMBER.matcher(lines[i]);
        if (member.matches()) {
          met.members.put(
              new MemberId(Long.parseUnsignedLong(member.group(1), 16)),
              Long.parseUnsignedLong(member.group(2), 16));
        }
      }
      return met;
    }
    throw DataDirException.foreign(
        dataDir.resolve(NAME).toString(),
        "written in another format",
        "use the version that wrote it");
  }

  /** The number of this folder; never 0. */
  public long folder() {
    return folder;
  }

  /** Who was met, and with which folder. */
  public synchronized Map<MemberId, Long> members() {
    return Map.copyOf(members);
  }

  /**
   * Notes with which folder a member was first met.
   *
   * @throws UncheckedIOException if that is not durable; it may be tried again
   */
  public synchronized void note(MemberId member, long itsFolder) {
    if (!members.containsKey(member)) {
      Map<MemberId, Long> more = new TreeMap<>(members);
      more.put(member, itsFolder);
      save(more, needed);
    }
  }

  /** How many others have to have met this folder before its member takes part. */
  public synchronized int needed() {
    return needed;
  }

  /**
   * Notes that they have.
   *
   * @throws UncheckedIOException if that is not durable; it may be tried again
   */
  public synchronized void noteAccepted() {
    if (needed > 0) {
      save(members, 0);
    }
  }

  /** What is only said to be noted once it is durable. */
  private void save(Map<MemberId, Long> nextMembers, int nextNeeded) {
    try {
      write(dataDir, folder, nextMembers, nextNeeded);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    members = nextMembers;
    needed = nextNeeded;
  }

  private static void write(Path dataDir, long folder, Map<MemberId, Long> members, int needed)
      throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(String.format("folder %016x needs %d\n", folder, needed));
    members.forEach(
        (member, met) -> text.append(String.format("%016x %016x\n", member.value(), met)));
    CheckedText.replace(dataDir, NAME, text.toString());
  }
}
