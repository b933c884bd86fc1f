package io.raftkv.e2e.run;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An ext4 file system of its own for the folder of each member, whose power can be cut: what was
 * not synced is gone then, unless the kernel had written it by itself. Their devices are files in
 * memory, so that a slow disk of this machine does not matter. Members are counted from 0.
 */
final class LoopDisks implements AutoCloseable {
  private final Path powerCut;
  private final Path devices;
  private final List<Path> images = new ArrayList<>();
  private final List<Path> mountPoints = new ArrayList<>();

  /** Mounts them where a {@link Cluster} in that folder keeps its members' data. */
  LoopDisks(Path folder, int members, int mib) throws IOException, InterruptedException {
    Tools.requireRoot("mount file systems");
    powerCut = Tools.compile(folder, "power-cut.c");
    devices = Files.createDirectory(folder.resolve("devices"));
    Tools.run("mount", "-t", "tmpfs", "-o", "size=100%", "raftkv", devices.toString());
    Unmount.atExit(devices);
    for (int member = 0; member < members; member++) {
      Path image = devices.resolve("disk-" + (member + 1) + ".ext4");
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength((long) mib << 20);
      }
      Tools.run("mkfs.ext4", "-q", "-m", "0", image.toString());
      images.add(image);
      mountPoints.add(Files.createDirectory(folder.resolve("n" + (member + 1))));
      mount(member);
      Files.delete(mountPoints.get(member).resolve("lost+found"));
    }
  }

  private void mount(int member) throws InterruptedException {
    Path mountPoint = mountPoints.get(member);
    Tools.run("mount", "-o", "loop", images.get(member).toString(), mountPoint.toString());
    Unmount.atExit(mountPoint);
  }

  /** Leaves only so many bytes. */
  void fill(int member, long leave) throws IOException {
    Fillers.fill(mountPoints.get(member), leave);
  }

  /** Also if it was not filled, or if a power cut took what filled it. */
  void free(int member) throws IOException {
    Fillers.free(mountPoints.get(member));
  }

  /** From now on nothing reaches the disks, of all members at once. */
  void cutPower() throws InterruptedException {
    List<String> command = new ArrayList<>(List.of(powerCut.toString()));
    mountPoints.forEach(mountPoint -> command.add(mountPoint.toString()));
    Tools.run(command.toArray(String[]::new));
  }

  /** Mounts them again, which replays their journals; no process uses them. */
  void restorePower() throws InterruptedException {
    for (int member = 0; member < images.size(); member++) {
      // Not lazily: the kernel must have let go of what it held in memory.
      Tools.run("umount", mountPoints.get(member).toString());
      mount(member);
    }
  }

  @Override
  public void close() {
    mountPoints.forEach(Unmount::now);
    Unmount.now(devices);
  }
}
