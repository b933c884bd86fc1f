package io.raftkv.storage;

import io.raftkv.raft.MemberId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

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

  private static final String TEMPORARY = NAME + ".tmp";
  private static final int BYTES_MAX = 1 << 20;
  private static final Pattern FOLDER = Pattern.compile("folder ([0-9a-f]{16}) needs (\\d{1,3})");
  private static final Pattern MEMBER = Pattern.compile("([0-9a-f]{16}) ([0-9a-f]{16})");
  private static final Pattern FILE = Pattern.compile("((?:.*\n)+)crc ([0-9a-f]{8})\n");

  private final Path dataDir;
  private final long folder;
  private final Map<MemberId, Long> members = new TreeMap<>();
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
    new MetMembers(dataDir, number, needed).write();
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
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= BYTES_MAX) {
      String text = Files.readString(file, StandardCharsets.ISO_8859_1);
      Matcher whole = FILE.matcher(text);
      if (whole.matches() && whole.group(2).equals(crc(whole.group(1)))) {
        return parse(dataDir, whole.group(1));
      }
    }
    throw new DamagedException(file.toString(), 0, "it does not say whom this member has met");
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

  private static String crc(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
    return String.format("%08x", (int) crc.getValue());
  }

  /** The number of this folder; never 0. */
  public long folder() {
    return folder;
  }

  /** Who was met, and with which folder. */
  public synchronized Map<MemberId, Long> members() {
    return Map.copyOf(members);
  }

  /** Notes with which folder a member was first met. */
  public synchronized void note(MemberId member, long itsFolder) {
    if (members.putIfAbsent(member, itsFolder) == null) {
      save();
    }
  }

  /** How many others have to have met this folder before its member takes part. */
  public synchronized int needed() {
    return needed;
  }

  /** Notes that they have. */
  public synchronized void noteAccepted() {
    if (needed > 0) {
      needed = 0;
      save();
    }
  }

  private void save() {
    try {
      write();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write() throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(String.format("folder %016x needs %d\n", folder, needed));
    members.forEach(
        (member, met) -> text.append(String.format("%016x %016x\n", member.value(), met)));
    String whole = text + "crc " + crc(text.toString()) + "\n";
    ByteBuffer bytes = ByteBuffer.wrap(whole.getBytes(StandardCharsets.US_ASCII));
    try (FileChannel channel =
        FileChannel.open(
            dataDir.resolve(TEMPORARY),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(
        dataDir.resolve(TEMPORARY),
        dataDir.resolve(NAME),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    MapDbVolumes.syncDirectory(dataDir);
  }
}
