package io.raftkv.e2e.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small file system in memory for the folder of each member. Members are counted from 0. */
final class MemoryDisks implements AutoCloseable {
  private static final String FILLER = "filler";

  private final List<Path> mounted = new ArrayList<>();

  /** Mounts them where a {@link Cluster} in that folder keeps its members' data. */
  MemoryDisks(Path folder, int members, int mib) throws IOException, InterruptedException {
    Tools.requireRoot("mount file systems");
    for (int member = 0; member < members; member++) {
      Path disk = Files.createDirectory(folder.resolve("n" + (member + 1)));
      Tools.run("mount", "-t", "tmpfs", "-o", "size=" + mib + "m", "raftkv", disk.toString());
      mounted.add(disk);
      Unmount.atExit(disk);
    }
  }

  /** Leaves only so many bytes. */
  void fill(int member, long leave) throws IOException {
    Path disk = mounted.get(member);
    long bytes = Files.getFileStore(disk).getUsableSpace() - leave;
    Files.write(disk.resolve(FILLER), new byte[Math.toIntExact(Math.max(0, bytes))]);
  }

  void free(int member) throws IOException {
    Files.delete(mounted.get(member).resolve(FILLER));
  }

  @Override
  public void close() {
    mounted.forEach(Unmount::now);
  }
}
