package io.raftkv.e2e.run;

import io.raftkv.client.ReadOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Links between members fail, one way or both, in every way that leaves a connected majority. */
@Command(
    name = "partition",
    sortOptions = false,
    description = {
      "Links between members fail while clients write.",
      "Each member is in a network namespace of its own (needs root, ip and tc). Every few seconds",
      "links are cut for 5 s so that a majority stays connected. Checks that writes go on within two",
      "election timeouts, that nothing acknowledged is lost, that the history is linearizable, and that",
      "the members agree after healing. Prints the longest time without an acknowledged write."
    })
final class Partition extends Run {
  private static final Duration CUT = Duration.ofSeconds(5);
  private static final Duration QUIET = Duration.ofSeconds(2);
  private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(1);

  @Option(names = "--members", description = "3 or 5. Default: ${DEFAULT-VALUE}.")
  private int members = 3;

  @Option(names = "--times", description = "How often each case. Default: ${DEFAULT-VALUE}.")
  private int times = 5;

  @Option(
      names = "--cases",
      split = ",",
      description = "Some of ${COMPLETION-CANDIDATES}. Default: all.")
  private Set<PartitionCase> cases = EnumSet.allOf(PartitionCase.class);

  @Option(
      names = "--local-reads",
      description = {
        "Readers take whatever the asked member has. That is not linearizable: the run must FAIL, and",
        "shows that it sees it."
      })
  private boolean isReadingLocally;

  @Mixin private LoadOptions load = new LoadOptions();

  @Override
  boolean needsOwnNetwork() {
    return true;
  }

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    try (Namespaces network = new Namespaces(members);
        Scene scene = new Scene(newCluster(folder, members, network, "--insecure"), load)) {
      network.heal();
      scene.start(isReadingLocally ? ReadOptions.local() : ReadOptions.DEFAULT);
      Random random = new Random(load.seed);
      for (PartitionCase partition : cases) {
        if (partition.isFor(members)) {
          repeat(partition, network, scene, random, report);
        }
      }
      scene.judge(report);
    }
  }

  private void repeat(
      PartitionCase partition, Namespaces network, Scene scene, Random random, Report report)
      throws InterruptedException {
    List<Long> gaps = new ArrayList<>();
    List<Long> healing = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      scene.renewKeys();
      Run.pause(QUIET.plusMillis(random.nextInt(1_000)));
      int leader = scene.cluster.awaitLeader();
      long began = System.nanoTime();
      network.apply(partition.links(members, leader, random));
      Run.pause(CUT);
      long healed = System.nanoTime();
      network.heal();
      gaps.add(scene.recorder().gaps().longest(began, healed));
      for (int member = 0; member < members; member++) {
        scene.cluster.awaitFollowing(member);
      }
      healing.add(System.nanoTime() - healed);
    }
    report.figure(partition.name(), "%d times, %s", times, partition.description());
    Gaps.print(report, "  write gap per fault", gaps);
    Gaps.print(report, "  all follow after healing", healing);
    long max = gaps.stream().mapToLong(Long::longValue).max().orElse(0);
    report.check(
        "  writes within two election timeouts",
        max <= ELECTION_TIMEOUT.multipliedBy(2).toNanos(),
        String.format("%.0f ms", millis(max)));
  }
}
