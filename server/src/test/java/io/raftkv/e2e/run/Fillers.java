package io.raftkv.e2e.run;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that fill a disk. */
final class Fillers {
  private static final String NAME = "filler";
  private static final int CHUNK_BYTES = 64 << 10;

  private Fillers() {}

  /** Leaves only so many bytes of the disk, or what somebody else took meanwhile. */
  static void fill(Path disk, long leave) throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    try (OutputStream filler = Files.newOutputStream(disk.resolve(NAME))) {
      long bytes = usable(disk) - leave;
      while (bytes > 0) {
        filler.write(chunk, 0, (int) Math.min(bytes, chunk.length));
        bytes = Math.min(bytes - chunk.length, usable(disk) - leave);
      }
    }
  }

  private static long usable(Path disk) throws IOException {
    return Files.getFileStore(disk).getUsableSpace();
  }

  /** Makes room again; also if there is. */
  static void free(Path disk) throws IOException {
    Files.deleteIfExists(disk.resolve(NAME));
  }
}
