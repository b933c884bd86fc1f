package io.raftkv.cli.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the processes of local servers use, as Linux tells it in {@code /proc}: whoever listens on
 * one of these ports. Of servers elsewhere, of other users, and on other systems nothing is known.
 */
final class ServerUse {
  private static final Path PROC = Path.of("/proc");
  private static final String LISTENING = "0A";

  /** Linux counts CPU time in hundredths of a second, on all hardware that Java runs on. */
  private static final double TICKS_PER_SECOND = 100;

  /**
   * At one moment.
   *
   * @param cpuSeconds since the process was started
   */
  record Use(double cpuSeconds, long residentBytes) {}

  private final Set<Long> pids;

  private ServerUse(Set<Long> pids) {
    this.pids = pids;
  }

  /** Of those that listen on these ports of this machine. */
  static ServerUse of(List<Integer> ports) {
    try {
      return new ServerUse(pids(listeners(ports)));
    } catch (IOException e) {
      return new ServerUse(Set.of());
    }
  }

  /** By process id; without those that cannot be looked at. */
  Map<Long, Use> now() {
    Map<Long, Use> uses = new TreeMap<>();
    pids.forEach(pid -> use(pid).ifPresent(use -> uses.put(pid, use)));
    return uses;
  }

  private static Optional<Use> use(long pid) {
    Path process = PROC.resolve(Long.toString(pid));
    try {
      String stat = Files.readString(process.resolve("stat"));
      // The second field, the name in brackets, may hold blanks and brackets.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      double ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
      long kilobytes = 0;
      for (String line : Files.readAllLines(process.resolve("status"))) {
        if (line.startsWith("VmRSS:")) {
          kilobytes = Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
      return Optional.of(new Use(ticks / TICKS_PER_SECOND, kilobytes << 10));
    } catch (IOException e) {
      return Optional.empty(); // It has ended, or is somebody else's.
    }
  }

  /** Inodes of the sockets that listen on these ports. */
  private static Set<String> listeners(List<Integer> ports) throws IOException {
    Set<String> inodes = new HashSet<>();
    for (String table : List.of("net/tcp", "net/tcp6")) {
      if (!Files.exists(PROC.resolve(table))) {
        continue;
      }
      for (String line : Files.readAllLines(PROC.resolve(table))) {
        String[] fields = line.trim().split("\\s+");
        boolean isRow = fields.length > 9 && fields[3].equals(LISTENING);
        if (isRow && ports.contains(Integer.parseInt(fields[1].split(":")[1], 16))) {
          inodes.add(fields[9]);
        }
      }
    }
    return inodes;
  }

  private static Set<Long> pids(Set<String> inodes) throws IOException {
    Set<Long> pids = new HashSet<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        if (holds(process, inodes)) {
          pids.add(Long.parseLong(process.getFileName().toString()));
        }
      }
    }
    return pids;
  }

  private static boolean holds(Path process, Set<String> inodes) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path file : files) {
        String target = Files.readSymbolicLink(file).toString();
        if (target.startsWith("socket:[")
            && inodes.contains(target.substring(8, target.length() - 1))) {
          return true;
        }
      }
    } catch (IOException e) {
      return false; // As above; or the file was closed meanwhile.
    }
    return false;
  }
}
