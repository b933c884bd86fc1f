package io.raftkv.e2e.run;

import io.raftkv.e2e.KvdProcess;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Members that ended because of their disk, and what they said. Used by one thread. */
final class Endings {
  private static final int DISK_FAILURE = 4;

  private final Set<String> lines = new HashSet<>();

  /** Waits until it has ended, and checks that it did as it should. */
  void check(Cluster cluster, int member, Report report) {
    KvdProcess process = cluster.process(member);
    int exitCode = process.awaitExit();
    List<String> errors = process.stderr().stream().filter(Run::isError).toList();
    lines.addAll(errors);
    String name = cluster.name(member);
    String beginning = "kvd: " + name + " stopped: ";
    List<String> last = errors.stream().filter(line -> line.startsWith(beginning)).toList();
    report.check(
        "  " + name + " ends with exit code " + DISK_FAILURE,
        exitCode == DISK_FAILURE,
        "with " + exitCode);
    report.check("  and one line", last.size() == 1, String.join("; ", last));
    last.forEach(line -> report.figure("  " + name + " said", "%s", line));
  }

  /** Whether a member said that as it ended. */
  boolean contains(String line) {
    return lines.contains(line);
  }
}
