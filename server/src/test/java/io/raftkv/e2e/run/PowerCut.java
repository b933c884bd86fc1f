package io.raftkv.e2e.run;

import io.raftkv.client.ReadOptions;
import io.raftkv.e2e.MemberSites;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** All members lose their power at once, again and again while clients write. */
@Command(
    name = "power-cut",
    sortOptions = false,
    description = {
      "All members lose their power at once, again and again.",
      "Each member has an ext4 file system of its own, on a loop device (needs root and gcc). Every 3 s",
      "all of them are shut down without a flush, even of the journal, so that what was not synced is",
      "gone; then kill -9, mount, start. Checks that nothing acknowledged is lost and that the history",
      "is linearizable. Prints how long the first acknowledged write took, from the start of the last",
      "process and from its ready line."
    })
final class PowerCut extends Run {
  private static final Duration QUIET = Duration.ofSeconds(3);
  private static final int DISK_MIB = 512;

  @Option(names = "--times", description = "How many times. Default: ${DEFAULT-VALUE}.")
  private int times = 20;

  @Option(
      names = "--lying-syncs",
      description = {
        "Syncs do nothing and say that all is well, through a preloaded library. Acknowledged writes",
        "must be lost then: the run must FAIL, and shows that it sees it."
      })
  private boolean isLying;

  @Mixin private LoadOptions load = new LoadOptions();

  private final List<Long> sinceStart = new ArrayList<>();
  private final List<Long> sinceReady = new ArrayList<>();

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    SyncShim shim = isLying ? new SyncShim(folder, Cluster.SIZE) : null;
    try (LoopDisks disks = new LoopDisks(folder, Cluster.SIZE, DISK_MIB);
        Scene scene = new Scene(newCluster(folder, Cluster.SIZE, sites(shim)), load)) {
      scene.start(ReadOptions.DEFAULT);
      if (shim != null) {
        // Until now they were honest, so that there is something to start from.
        members().forEach(member -> shim.treat(member, SyncShim.Treatment.LIE));
      }
      for (int i = 0; i < times; i++) {
        scene.renewKeys();
        Run.pause(QUIET);
        cut(scene, disks);
        report.progress(
            "%d of %d, back %.0f ms after the last start, %d writes acknowledged",
            i + 1, times, millis(sinceStart.get(i)), scene.recorder().acknowledged());
      }
      Run.pause(QUIET);
      report.figure("faults", "%d x power cut of all%s", times, isLying ? ", lying syncs" : "");
      Gaps.print(report, "last start to first write", sinceStart);
      Gaps.print(report, "last ready to first write", sinceReady);
      scene.judge(report);
    }
  }

  private static IntStream members() {
    return IntStream.range(0, Cluster.SIZE);
  }

  private static MemberSites sites(@Nullable SyncShim shim) {
    return shim == null
        ? MemberSites.LOOPBACK
        : new MemberSites() {
          @Override
          public Map<String, String> environment(int member) {
            return shim.environment(member);
          }
        };
  }

  private void cut(Scene scene, LoopDisks disks) throws InterruptedException {
    Cluster cluster = scene.cluster;
    disks.cutPower();
    cluster.killAll();
    disks.restorePower();
    cluster.startAll();
    long started = members().mapToLong(i -> cluster.process(i).startedNanos()).max().orElseThrow();
    long ready = members().mapToLong(i -> cluster.process(i).readyNanos()).max().orElseThrow();
    long first = scene.awaitAcknowledged(started);
    sinceStart.add(first - started);
    sinceReady.add(first - ready);
  }

  /** Between the cut and the kill a member may notice that its disk is gone. */
  @Override
  boolean isExpected(String line) {
    return line.contains("Input/output error") || line.contains("I/O error");
  }
}
