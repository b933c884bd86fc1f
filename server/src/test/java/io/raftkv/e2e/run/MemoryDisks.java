package io.raftkv.e2e.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small file system in memory for the folder of each member. Members are counted from 0. */
final class MemoryDisks implements AutoCloseable {
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
    Fillers.fill(mounted.get(member), leave);
  }

  void free(int member) throws IOException {
    Fillers.free(mounted.get(member));
  }

  @Override
  public void close() {
    mounted.forEach(Unmount::now);
  }
}
