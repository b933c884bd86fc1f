package io.raftkv.e2e.run;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * One damage to one file of a folder.
 *
 * @param file relative to the folder
 * @param offset in the file; of CUT, its new length; of GONE, 0
 */
record Damage(Kind kind, Path file, long offset, int bit) {
  /** What a disk, or a person, does to a file. */
  enum Kind {
    /** One bit is another one. */
    FLIP,
    /** The file ends early. */
    CUT,
    /** A block of 4 KiB holds zeros. */
    ZEROS,
    /** The file is not there. */
    GONE
  }

  private static final int BLOCK_BYTES = 4096;

  /** Draws a damage that changes something: half of them by size, half of them file by file. */
  static Damage draw(Path folder, Random random) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    while (true) {
      Path file = random.nextBoolean() ? bySize(files, random) : any(files, random);
      long size = Files.size(file);
      Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
      if (kind != Kind.GONE && size == 0) {
        continue;
      }
      long offset = size == 0 ? 0 : (long) (random.nextDouble() * size);
      if (kind == Kind.ZEROS) {
        offset = offset / BLOCK_BYTES * BLOCK_BYTES;
      } else if (kind == Kind.GONE) {
        offset = 0;
      }
      if (kind != Kind.ZEROS || !isZero(file, offset)) {
        return new Damage(kind, folder.relativize(file), offset, random.nextInt(8));
      }
    }
  }

  private static Path any(List<Path> files, Random random) {
    return files.get(random.nextInt(files.size()));
  }

  private static Path bySize(List<Path> files, Random random) throws IOException {
    long total = 0;
    for (Path file : files) {
      total += Files.size(file);
    }
    long at = (long) (random.nextDouble() * total);
    for (Path file : files) {
      at -= Files.size(file);
      if (at < 0) {
        return file;
      }
    }
    return files.get(files.size() - 1);
  }

  private static boolean isZero(Path file, long offset) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
      byte[] block = new byte[(int) Math.min(BLOCK_BYTES, bytes.length() - offset)];
      bytes.seek(offset);
      bytes.readFully(block);
      return Arrays.equals(block, new byte[block.length]);
    }
  }

  /** Does it to a folder with the same files. */
  void to(Path folder) throws IOException {
    Path path = folder.resolve(file);
    if (kind == Kind.GONE) {
      Files.delete(path);
      return;
    }
    try (RandomAccessFile bytes = new RandomAccessFile(path.toFile(), "rw")) {
      switch (kind) {
        case CUT -> bytes.setLength(offset);
        case ZEROS -> {
          bytes.seek(offset);
          bytes.write(new byte[(int) Math.min(BLOCK_BYTES, bytes.length() - offset)]);
        }
        case FLIP -> {
          bytes.seek(offset);
          int before = bytes.read();
          bytes.seek(offset);
          bytes.write(before ^ 1 << bit);
        }
        case GONE -> throw new IllegalStateException("done above");
      }
    }
  }

  /** What kind of file it is, for figures. */
  String part() {
    String name = String.valueOf(file.getFileName());
    if (name.startsWith("wal-")) {
      return "log segment";
    }
    return name.endsWith(".snap") ? "snapshot" : name;
  }
}
