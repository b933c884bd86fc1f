package io.raftkv.e2e.run;

import io.raftkv.e2e.MemberSites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Disks that are full, syncs that hang, syncs that fail. */
@Command(
    name = "disk-faults",
    sortOptions = false,
    description = {
      "Disks are full, syncs hang, syncs fail, under load.",
      "FULL: each member has a small disk in memory (tmpfs: needs root); the leader's is full, then a",
      "follower's, then all. HUNG: the leader's syncs hang for 6 s, through a preloaded library (needs",
      "gcc); another member must lead meanwhile. After that a sync fails once (EIO): the member must",
      "stop at once. Checks that nothing acknowledged is lost, that the history is linearizable, and",
      "that a refusal for want of room is certain. Prints how long writes stood still."
    })
final class DiskFaults extends Run {
  /** What happens to the disks. */
  enum Case {
    FULL,
    HUNG
  }

  private static final int DISK_MIB = 64;

  @Option(
      names = "--cases",
      split = ",",
      description = "Some of ${COMPLETION-CANDIDATES}. Default: all.")
  private Set<Case> cases = EnumSet.allOf(Case.class);

  @Option(
      names = "--times",
      description = "How many syncs hang, and how many fail. Default: ${DEFAULT-VALUE}.")
  private int times = 5;

  @Mixin private LoadOptions load = new LoadOptions();

  private final Endings endings = new Endings();

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    if (cases.contains(Case.FULL)) {
      full(Files.createDirectory(folder.resolve("full")), report);
    }
    if (cases.contains(Case.HUNG)) {
      hung(Files.createDirectory(folder.resolve("hung")), report);
    }
  }

  private void full(Path folder, Report report) throws IOException, InterruptedException {
    try (MemoryDisks disks = new MemoryDisks(folder, Cluster.SIZE, DISK_MIB);
        Scene scene =
            new Scene(
                newCluster(folder, "--snapshot-entries", "5000", "--trailing-entries", "1000"),
                load)) {
      new FullDisks(scene, disks, endings, report).run();
    }
  }

  private void hung(Path folder, Report report) throws IOException, InterruptedException {
    SyncShim shim = new SyncShim(folder, Cluster.SIZE);
    MemberSites preloaded =
        new MemberSites() {
          @Override
          public Map<String, String> environment(int member) {
            return shim.environment(member);
          }
        };
    try (Scene scene = new Scene(newCluster(folder, Cluster.SIZE, preloaded), load)) {
      new HungSyncs(scene, shim, endings, report).run(times);
    }
  }

  @Override
  boolean isExpected(String line) {
    return endings.contains(line);
  }
}
