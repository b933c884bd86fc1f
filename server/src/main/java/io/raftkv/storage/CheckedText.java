package io.raftkv.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * A small file of ASCII lines, which is replaced as a whole. Its last line is a CRC32C of all
 * before it: {@code crc 1b2c3d4e}.
 */
final class CheckedText {
  private static final int BYTES_MAX = 1 << 20;
  private static final Pattern FILE = Pattern.compile("((?:.*\n)+)crc ([0-9a-f]{8})\n");

  private CheckedText() {}

  /**
   * Written aside, synced, renamed: a crash leaves the file as it was or as it is to be. Durable on
   * return.
   *
   * @param lines each with its newline
   */
  static void replace(Path folder, String name, String lines) throws IOException {
    Path temporary = folder.resolve(name + ".tmp");
    String text = lines + "crc " + crc(lines) + "\n";
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(
        temporary,
        folder.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    MapDbVolumes.syncDirectory(folder);
  }

  /**
   * @return the lines that were written; nothing if the file, which exists, holds anything else
   */
  static Optional<String> read(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > BYTES_MAX) {
      return Optional.empty();
    }
    Matcher whole = FILE.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    return whole.matches() && whole.group(2).equals(crc(whole.group(1)))
        ? Optional.of(whole.group(1))
        : Optional.empty();
  }

  private static String crc(String lines) {
    CRC32C crc = new CRC32C();
    crc.update(lines.getBytes(StandardCharsets.ISO_8859_1));
    return String.format("%08x", (int) crc.getValue());
  }
}
